"""The log of tests and the truth, in SQLite or PostgreSQL; every function works within the caller's transaction."""
