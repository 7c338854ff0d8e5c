"""The commands that ask a fitted model: `ludus forecast`, `generate`, `complete`, `translate`, `understand`."""
