"""Trainings of forecasters: `ludus fit forecasting/…`."""
