"""Runs: folders in which an agent is trained, evaluated, saved and resumed."""
