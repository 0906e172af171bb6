"""Sends halves from the side output again."""
