"""Two arms compared: means, rates, ranks, ratios, quantiles, with covariates and in segments."""
