"""What is like this title although everybody watches the premiere: truncated SVD of who watched what, and lists of neighbours."""
