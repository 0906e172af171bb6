"""What is measured of a client: money, a rate, a count, a ratio of two sums, a quantile."""
