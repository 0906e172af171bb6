"""Models of several segments."""
