"""The clock: Celery ticks, PostgreSQL owns the truth. Refuses business logic, which is in the operations."""
