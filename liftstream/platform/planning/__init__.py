"""Turns a request into a sealed plan, or a list of problems."""
