"""Studies: small experiments over several seeds, each with a table and a picture."""
