"""Explanations: which part of what a model saw decided, and panels that show it. Knows components, and no agents."""
