"""Sends known halves of the side output again."""
