"""The document: what is let in, and elements that refuse by file, line and name."""
