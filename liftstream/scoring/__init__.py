"""PMML document -> vectorised scorer; one file per model family."""

from liftstream.scoring.decision import DecisionScorer, load_for_decision
from liftstream.scoring.loading import load
from liftstream.scoring.model import Model, Scores

__all__ = ["DecisionScorer", "Model", "Scores", "load", "load_for_decision"]
