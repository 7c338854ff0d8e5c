"""Benchmarks: figures of speed, memory and learning beside peers."""
