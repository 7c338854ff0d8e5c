"""What every training stands on: recipes, batches by step, optimisers, the resumable fit, checkpoints, logs, progress.

Nothing here knows pixels, texts, series or environments.
"""
