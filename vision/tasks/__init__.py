"""What `ludus fit vision/…` trains, one module per task, with its recipe and its report."""
