"""The uplift tree: features in ranges, the divergence of a split, growing and pruning."""
