"""Who is in which arm: salted hashes."""
