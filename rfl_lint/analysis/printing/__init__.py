"""What is written to the kernel log, and where its lines end."""
