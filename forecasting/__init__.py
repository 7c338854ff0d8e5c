"""Forecasts of time series: models that fill slots, their trainings, and how good they are."""
