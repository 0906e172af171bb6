"""liftstream decides on Kafka which clients see an offer, and proves that the decision earns money."""

__version__ = "0.1.0"
