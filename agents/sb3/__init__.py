"""Stable-Baselines3's algorithms over Ludus' batches: made by name, resumable without pickle."""
