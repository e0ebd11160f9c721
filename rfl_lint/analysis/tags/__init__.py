"""Tagged comments and the constructs that ask for them, both ways, from one table."""
