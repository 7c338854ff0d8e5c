"""The tasks of `ludus fit vision/…`, of each four files: training, recipe, report, and options for the command line."""
