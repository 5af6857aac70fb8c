"""Templates whose steps become tasks, their runs, and what starts them. Refuses to do the tasks' work or to move them by itself."""
