"""Where a pointer comes from: terms read off bodies, resolved over the index."""
