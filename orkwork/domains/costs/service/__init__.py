"""Writing costs: calls, corrections, budgets, reservations, and the check of all sums."""
