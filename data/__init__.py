"""Public data sets and series from files: finding, fetching and checking, and reading images and time series."""
