"""The tasks of `ludus fit nlp/…`, of each four files: training, recipe, report, and options for the command line."""
