"""Access control: password and log-in for people, keys for programs, origin and headers for browsers."""
