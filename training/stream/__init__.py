"""Models of any stream: rows with the features of its definition, and the card of a model on them."""
