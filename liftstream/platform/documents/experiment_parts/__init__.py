"""What the document of one experiment is made of, a file each."""
