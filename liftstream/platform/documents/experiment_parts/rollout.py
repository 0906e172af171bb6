"""What is rolled out, for an experiment's page and the API."""

from liftstream.platform.documents.document import Document
from liftstream.platform.ingest.running.rollout import RollOut
from liftstream.service.clock import as_text


class RollOutDocument(Document):
    """The arm that decides for every client whom no running experiment takes."""

    arm: str
    since: str
    sessions: int
    """Sessions decided or under way since then."""
    answered_share: float | None
    shown_share: float | None


def rollout_document(experiment: str, rolled_out: RollOut | None) -> RollOutDocument | None:
    """What is rolled out, if it is of this experiment."""
    if rolled_out is None or rolled_out.experiment != experiment:
        return None
    sessions = rolled_out.sessions
    return RollOutDocument(
        arm=rolled_out.arm,
        since=as_text(rolled_out.since_ms) or "",
        sessions=sessions,
        answered_share=rolled_out.answered / sessions if sessions else None,
        shown_share=rolled_out.shown / sessions if sessions else None,
    )
