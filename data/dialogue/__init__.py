"""Dialogues of guests with a help desk that finds restaurants: CamRest676, a grammar, venues."""
