"""Detectors of anomalies: components that remember a stream and say of each step how strange it is."""
