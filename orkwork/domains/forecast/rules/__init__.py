"""Forecasting. Pure."""
