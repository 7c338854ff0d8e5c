"""Public data sets: finding, fetching and checking them whatever their kind, and reading those of images."""
