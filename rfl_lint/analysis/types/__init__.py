"""Types of expressions, as far as the code says them; unknown is an answer."""
