"""Lifts and conveyors: a file for each environment, or a folder whose files have the same names everywhere."""
