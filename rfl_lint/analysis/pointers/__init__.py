"""What is done with pointers whose origin is known: written through, cast, stepped back from, taken back."""
