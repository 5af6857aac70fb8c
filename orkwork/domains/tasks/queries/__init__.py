"""Every SELECT of the tasks domain."""
