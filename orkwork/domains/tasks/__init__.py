"""Tasks: lifecycle, dependencies, claims, executions, comments. Refuses money, which the costs domain counts."""
