"""The verifier: what was seen of a pipeline from outside, held against what was sent."""
