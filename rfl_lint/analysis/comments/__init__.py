"""Which comment belongs to which code, and what a comment says."""
