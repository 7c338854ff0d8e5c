"""Public data sets by name: finding, fetching, checking and reading them."""
