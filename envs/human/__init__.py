"""Environments before a person: watching, playing, recordings that replay exactly."""
