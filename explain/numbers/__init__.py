"""Explanations of policies that see numbers: which named entries of an observation moved what was chosen."""
