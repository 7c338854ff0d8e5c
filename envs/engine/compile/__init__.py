"""The engine's loops, compiled with an environment's kernels, and Numba's cache of them on disk."""
