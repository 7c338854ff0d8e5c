"""Compiled functions of numbers, with the bits of the C library."""
