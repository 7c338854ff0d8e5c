"""Networks that read and write text, from the textbook's recurrent one to the transformer."""
