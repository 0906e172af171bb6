"""Replacements for classes of aiokafka, which offers no other way to change them."""
