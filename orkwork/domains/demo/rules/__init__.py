"""Who and what a fresh company starts with, and who the demo's made-up company consists of. Pure."""
