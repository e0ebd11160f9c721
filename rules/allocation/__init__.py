"""Rules of the group `allocation`."""
