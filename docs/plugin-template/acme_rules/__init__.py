"""Rules for rfl-lint that our team wants. Each module below holds one."""
