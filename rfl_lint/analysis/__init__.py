"""Libraries that decide one question each, for every rule: what a comment belongs to, where a pointer comes from."""
