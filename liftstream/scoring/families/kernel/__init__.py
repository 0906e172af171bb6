"""Support vector machines and Gaussian processes."""
