"""The models: A the trend, B the network, C the pooled regression; one file each, one interface."""
