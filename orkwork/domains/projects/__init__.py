"""Projects: their key prefix, budget, deadline and progress. Refuses to know the inside of a task."""
