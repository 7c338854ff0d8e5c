"""Automation: lifts, conveyors, plants; one folder per environment."""
