"""Agents that learn, the runs that they live in, and their evaluation."""
