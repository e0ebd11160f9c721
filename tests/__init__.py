"""The test suite: one file for each module, and tests about the project as a whole."""
