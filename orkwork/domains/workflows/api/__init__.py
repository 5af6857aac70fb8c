"""`/workflows`, their runs, and what starts them."""
