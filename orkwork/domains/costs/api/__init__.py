"""The routes of costs and budgets."""
