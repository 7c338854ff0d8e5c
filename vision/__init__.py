"""Models that see: classifiers and readers of pictures, and the tasks that train them. Each is a component."""
