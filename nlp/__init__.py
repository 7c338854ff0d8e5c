"""Language: tokenizers, models of text (each a component), the tasks that train them, and how good they are."""
