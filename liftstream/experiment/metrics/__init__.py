"""What is measured for each client: money, a rate, a count, a ratio of two sums, a quantile."""
