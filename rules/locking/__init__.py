"""Rules of the group `locking`."""
