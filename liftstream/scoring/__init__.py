"""PMML document -> vectorised scorer: a document is compiled into arrays once, then a batch is a matrix."""

from liftstream.scoring.decision import DecisionScorer, load_for_decision
from liftstream.scoring.loading import load
from liftstream.scoring.model import Model, Scores

__all__ = ["DecisionScorer", "Model", "Scores", "load", "load_for_decision"]
