"""Fields: what a model asks for, their types and values, and the names that a compilation knows."""
