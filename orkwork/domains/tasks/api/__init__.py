"""`/tasks`, `/executions` and what hangs on them."""
