"""Linear, general, logistic and Cox regressions."""
