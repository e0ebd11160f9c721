"""What the borders between Rust and C look like: types, casts, results."""
