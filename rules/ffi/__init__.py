"""Rules of the group `ffi`."""
