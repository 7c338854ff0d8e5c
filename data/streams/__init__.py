"""Streams whose anomalous rows are known: what detectors of anomalies are judged by."""
