"""Compiling: the engine's loops, bound to an environment's kernels, and Numba's cache on disk."""
