"""Every write of service levels."""
