"""The demo of the similar ads: a bandit learns which configuration brings contacts, and an experiment proves it."""
