"""How fast and how big: every script prints what it measured; README.md holds the last results.

More than fifteen files: each script is started by its name, `python -m benchmarks.NAME`, and beside them lies what they
share.
"""
