"""Writing what runs leave, and keeping their clocks."""
