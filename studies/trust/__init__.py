"""Trust in a component as numbers: its calibration, and what it is worth to ask where it is not sure."""
