"""Ways out of a function, and who takes a pointer over before them."""
