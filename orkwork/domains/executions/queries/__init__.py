"""Reading what runs left, and what holds for them."""
