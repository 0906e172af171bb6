"""The three pictures of the demo, as PNG: one file each, and the marks they share."""
