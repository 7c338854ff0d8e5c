"""Sentence pairs: parallel texts by the name of a public set, from files of a stranger, or made up by a grammar."""
