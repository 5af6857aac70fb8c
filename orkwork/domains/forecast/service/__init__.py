"""Keeping forecasts, holding them against the truth, and making what was tried."""
