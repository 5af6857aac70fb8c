"""Templates, conditions, graphs of steps and schedules, all pure."""
