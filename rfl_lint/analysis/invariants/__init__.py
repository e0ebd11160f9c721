"""Types that document invariants, where values of them are built, and comments that appeal to them."""
