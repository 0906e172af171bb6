"""A whole experiment: plan, looks, ledger, verdict and its sentence."""
