"""TextIndex: words and their counts in texts."""
