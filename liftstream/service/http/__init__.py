"""What stands in front of every HTTP service of ours: host, origin, size and headers, one file each, and the guard that joins them."""
