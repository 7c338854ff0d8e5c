"""Forecasters, each a component with the paper that it follows in its header."""
