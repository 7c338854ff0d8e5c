"""Bodies that move: a file for each environment, or a folder whose files have the same names everywhere."""
