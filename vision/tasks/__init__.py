"""The tasks of `ludus fit vision/…`: of each its training, its recipe and its report."""
