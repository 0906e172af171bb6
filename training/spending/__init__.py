"""Training of the models that predict what a user spends next month: rows, fit, evaluation from rolling
origins, export."""
