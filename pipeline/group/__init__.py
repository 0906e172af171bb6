"""Who reads what: preflight, co-partitioning, the group protocol."""
