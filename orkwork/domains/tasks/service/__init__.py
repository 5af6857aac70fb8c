"""Every write of the tasks domain."""
