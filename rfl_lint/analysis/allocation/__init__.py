"""Calls that allocate, by the era of the tree."""
