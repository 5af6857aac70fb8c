"""Making the morning's brief, and keeping a model's words for it."""
