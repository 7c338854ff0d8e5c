"""Slots: senses that are filled with the truth, the raw signal, noise, a simple rule or a learned component."""
