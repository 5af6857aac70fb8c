"""The made-up company's agents, as outside clients of the public API. Refuses to import anything of the product."""
