"""Evaluates a model that was trained elsewhere: its card and its pictures."""

from dataclasses import dataclass
from pathlib import Path

from liftstream.contracts.model_card import ModelCard
from liftstream.evaluation.judging import ModelJudgement
from liftstream.evaluation.pictures import SHOP_WORDS, DecisionWords, draw_calibration, draw_profit
from training.card import to_json


@dataclass(frozen=True, eq=False)
class JudgedModel:
    """A model with its card and the data of its pictures.

    Attributes:
        path: the path of its file.
        score_is: what the score is, in words.
        notice: what should be reported, None if there is nothing.
        source: of the rows on which it was judged, with their number.
        money: whose money the figures count.
        does, who: what a decision of 1 is, and for whom, in the plural.
        instead: what gains are counted over.
        words: of the pictures.
    """

    path: Path
    score_is: str
    notice: str | None
    card: ModelCard
    judgement: ModelJudgement
    source: str
    money: str
    does: str = "shows it to"
    who: str = "clients"
    instead: str = "showing it to men"
    words: DecisionWords = SHOP_WORDS

    def draw_pictures(self) -> dict[str, bytes]:
        """Calibration and profit by threshold, as PNG by file name."""
        title = self.card.name
        return {
            f"{title}-calibration.png": draw_calibration(
                {title: self.judgement.calibration}, self.source, self.words
            ),
            f"{title}-profit.png": draw_profit(
                {title: self.judgement.curve}, self.source, self.money, words=self.words
            ),
        }

    def card_bytes(self) -> bytes:
        """The content of the card's file."""
        return to_json(self.card)
