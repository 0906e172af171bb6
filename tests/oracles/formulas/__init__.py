"""Formulas that nothing of the product calls: second opinions for its tests, asked by oracles as well."""
