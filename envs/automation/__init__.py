"""Automation: lifts, conveyors, plants; one file per environment."""
