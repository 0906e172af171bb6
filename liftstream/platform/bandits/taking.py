"""Impressions and outcomes of a batch: read, counted, and written in the batch's transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from liftstream.contracts.fetch import Raw
from liftstream.platform.bandits import store
from liftstream.platform.bandits.feedback import NOBODY, FeedbackBatch
from liftstream.platform.bandits.records import ImpressionRecord, OutcomeRecord, read_feedback
from liftstream.platform.bandits.running.decision_id import bandit_of
from liftstream.platform.bandits.running.live import LiveBandit
from liftstream.platform.ingest.feedback_events import event_key, known_events
from liftstream.platform.ingest.feedback_sink import FeedbackTaken, OutcomeSeen, RefusedFeedback


def take_feedback(
    connection: Connection, records: Sequence[tuple[str, Raw]], bandits: Mapping[str, LiveBandit]
) -> FeedbackTaken:
    """Counts records, each with its kind (`impression` or `outcome`), and writes what follows."""
    taken = FeedbackTaken()
    parsed = list(_readable(records, taken))
    keys = {event_key(bandit_of(one.decision), one.event) for _, one, _ in parsed if one.decision}
    named = [(bandit_of(one.decision), str(one.unit)) for _, one, _ in parsed]
    units = {event_key(*one) for one in named if one[0] in bandits and bandits[one[0]].has_room_for_units}
    feedback = FeedbackBatch(bandits, known_events(connection, keys), store.known_units(connection, units))
    for kind, record, raw in parsed:
        if isinstance(record, OutcomeRecord):
            taken.outcomes.append(OutcomeSeen(record.event, str(record.unit), record.name, record.value))
        bandit, reason = feedback.take(record, raw.timestamp_ms)
        taken.refused.append(RefusedFeedback(bandit, kind, reason, _detail(reason, record), raw))
    taken.tally += feedback.tally
    store.save_feedback(connection, feedback, bandits)
    return taken


def _detail(reason: str, record: ImpressionRecord | OutcomeRecord) -> str:
    """The detail of a record that was refused because of its value."""
    said = {"reward_above_1": "0 to 1", "negative_value": "0 and more"}.get(reason)
    return (
        f"{record.value:g} of {record.unit!r}; {said} is accepted"
        if said and isinstance(record, OutcomeRecord)
        else ""
    )


def _readable(
    records: Iterable[tuple[str, Raw]], taken: FeedbackTaken
) -> Iterator[tuple[str, ImpressionRecord | OutcomeRecord, Raw]]:
    """The records that can be read; the others are counted as malformed."""
    for kind, raw in records:
        try:
            yield kind, read_feedback(kind, raw.value), raw
        except ValueError as error:
            taken.tally[NOBODY, kind, "malformed"] += 1
            taken.refused.append(RefusedFeedback(NOBODY, kind, "malformed", str(error), raw))
