"""Rules of the group `layout`."""
