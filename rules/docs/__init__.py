"""Rules of the group `docs`."""
