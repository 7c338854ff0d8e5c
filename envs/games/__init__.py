"""Games: one file per environment."""
