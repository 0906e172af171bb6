"""What stands in front of every HTTP service of ours: host, address, origin, body and headers, one file each, and the guard that joins them."""
