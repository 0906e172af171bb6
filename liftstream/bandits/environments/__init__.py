"""Simulated environments in which policies are compared, a file each."""
