"""Similar items, corrected for premieres: truncated SVD of who watched what, and lists of neighbours."""
