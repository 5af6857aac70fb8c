"""Every SELECT of the workflows domain."""
