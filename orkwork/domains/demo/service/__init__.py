"""Writing: seeding a fresh company, setting the demo up, and removing every trace of it."""
