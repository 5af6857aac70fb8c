"""The CEO's first page. Refuses to own any truth: it reads the others."""
