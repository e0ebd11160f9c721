"""Rules of the group `provenance`."""
