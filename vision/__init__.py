"""Models that see, each a component, and the tasks that train them: classifiers and readers of pictures."""
