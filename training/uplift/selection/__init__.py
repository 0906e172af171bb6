"""Choosing rows to learn from, and whether it beats taking all of them."""
