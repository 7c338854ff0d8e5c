"""Bodies that move: one file per environment."""
