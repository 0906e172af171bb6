"""The guard in front of every HTTP service: host, address, origin, body and headers, one file each."""
