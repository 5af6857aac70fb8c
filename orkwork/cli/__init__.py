"""The `orkwork` command. Refuses rules of its own: a command parses, calls one operation or query, and prints."""
