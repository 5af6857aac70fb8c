"""The clock's jobs: when each is due, how its last run went. Refuses what a job does, which is an operation elsewhere."""
