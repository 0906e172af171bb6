"""The policies, a file each, over arrays of evidence."""
