"""C facts: what the functions behind `bindings::` take and return, read off the kernel's own headers."""
