"""Clusterings and nearest neighbours."""
