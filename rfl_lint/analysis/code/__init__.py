"""Names, scopes and calls of one file: what every other analysis stands on."""
