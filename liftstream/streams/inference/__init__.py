"""Drafts a stream definition with comments from records of undescribed topics; nothing is read here."""
