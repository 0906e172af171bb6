"""The offline part: data set, features, models, evaluation, PMML export."""
