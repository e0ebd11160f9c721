"""Making hostile input and judging what comes of it; for the tests, and for scripts/fuzz.py."""
