"""The HTTP kit: who calls, errors, limits, idempotency, health. Refuses to know any domain but through its routers."""
