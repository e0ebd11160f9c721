"""What in an unsafe block is unsafe, and what its declarations require."""
