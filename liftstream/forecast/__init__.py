"""Forecasts of what a user spends next month: history, models, errors; pure, over arrays and typed records."""
