"""Turns a data object (`users sessions products`) into a history, or into the list of everything that is wrong
with it."""
