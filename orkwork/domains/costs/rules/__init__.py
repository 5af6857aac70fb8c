"""Prices, usage bodies, budgets and forecasts. Pure, but for the catalogue that genai-prices ships."""
