"""What happens inside a run: its clocks, failures, log and artifacts. Refuses the moves of tasks, which are `tasks`'s."""
