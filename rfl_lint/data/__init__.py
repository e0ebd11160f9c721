"""Tables of kernel API knowledge, each entry with its source."""
