"""What a function does with the layout it is given."""
