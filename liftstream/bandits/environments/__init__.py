"""Simulated worlds in which policies are compared, a file each."""
