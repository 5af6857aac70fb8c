"""Reading what forecasts are made of, and forecasts."""
