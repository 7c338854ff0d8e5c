"""Windows, letters and video: what shows frames. Knows nothing of environments."""
