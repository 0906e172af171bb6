"""What people bring: rows of a file or frame, made into clients with their arm and their numbers."""
