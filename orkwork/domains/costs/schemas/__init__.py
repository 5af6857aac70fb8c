"""Calls, sums, budgets and reservations as they enter and leave."""
