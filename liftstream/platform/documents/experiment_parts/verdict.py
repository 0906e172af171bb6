"""The parts of a verdict: each is the record of `liftstream.experiment`, and what a page shows besides."""

from pydantic import computed_field

from liftstream.experiment.checks.check import Check
from liftstream.experiment.trial.candidate_verdict import CandidateVerdict
from liftstream.experiment.trial.guard_verdicts import GuardVerdict
from liftstream.platform.documents.document import Document
from liftstream.platform.documents.experiment_parts.pictures import LookPoint, TimelinePoint


class CheckDocument(Document, Check):
    """What a check says."""


class GuardDocument(Document, GuardVerdict):
    """A guard of a candidate, and its reading in words."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def change(self) -> str:
        """What was measured, in words."""
        return super().change


class CandidateDocument(Document, CandidateVerdict):
    """What is known of a candidate, and its pictures."""

    timeline: list[TimelinePoint]
    looks: list[LookPoint]
    """Taken and to come, with bounds and path."""
