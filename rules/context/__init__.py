"""Rules of the group `context`."""
