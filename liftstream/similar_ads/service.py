"""The service in one object: index, choices, feedback; what the routes call."""

import msgspec

from liftstream.similar_ads.ad import ScoredAd
from liftstream.similar_ads.choices import Choices
from liftstream.similar_ads.feedback import FeedbackWriter
from liftstream.similar_ads.index import AdIndex


class Block(msgspec.Struct, frozen=True):
    """The block for an ad; `decision` is sent back with contacts."""

    ad: int
    group: str
    arm: str
    decision: str
    ads: list[ScoredAd]


class SimilarAds:
    """Finds the block of an ad for a unit by the current configuration, and reports that it was shown."""

    def __init__(self, index: AdIndex, choices: Choices, feedback: FeedbackWriter) -> None:
        self.index, self.choices, self.feedback = index, choices, feedback

    def block(self, number: int, unit: str) -> Block | None:
        """The block of an ad; None if there is no such ad."""
        ad = self.index.find(number)
        if ad is None:
            return None
        chosen = self.choices.of(unit)
        found = self.index.similar(ad, chosen.configuration)
        if chosen.decision:
            self.feedback.impression(chosen.decision, unit)
        return Block(number, chosen.group, chosen.arm, chosen.decision, found)

    def close(self) -> None:
        """Writes what is under way and closes the database."""
        self.feedback.close()
        self.index.close()
