"""Judging detectors of anomalies: NAB's score, the volume under precision and recall, and what stands beside them."""
