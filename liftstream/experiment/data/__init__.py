"""Input data: rows of a file or frame, converted to clients with their arm and their numbers."""
