"""Tuned hyperparameters, one YAML file per environment."""
