"""Rules of the group `shrinker`."""
