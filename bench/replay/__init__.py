"""Works a recorded agent run through the public API as an outside client; imports nothing of orkwork."""
