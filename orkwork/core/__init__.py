"""What every floor stands on: actor, work, operation, events, settings. Refuses Reflex, FastAPI and Celery."""
