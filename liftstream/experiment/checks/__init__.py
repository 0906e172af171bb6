"""Checks that must hold before a verdict is trusted."""
