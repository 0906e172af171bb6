"""Decoding of records, carefully or fast, and encoding of predictions."""
