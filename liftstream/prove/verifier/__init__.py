"""The verifier: compares what a pipeline wrote with what was sent."""
