"""Every write of the workflows domain."""
