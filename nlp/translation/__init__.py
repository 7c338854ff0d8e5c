"""Translation: batches of sentence pairs, texts through a translator, what it looks at, BLEU, and naive rivals."""
