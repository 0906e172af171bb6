"""Families of models: each file (or room) compiles one element of the standard; `registry.py` names them all.

`compiled.py` holds the types that all share, `kind.py` what a family states of itself.
"""
