"""The reasons under which records are counted: the meaning of each, and whether it is normal."""

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """One reason."""

    meaning: str
    normal: bool
    """Whether a healthy system has it as well."""


REASONS: Final[dict[tuple[str, str], Reason]] = {
    ("prediction", "accepted"): Reason("first valid answer of the candidate, in time: it decided the session", True),
    ("prediction", "not_in_arm"): Reason("answer for a client of another arm: the pipeline answers every client", True),
    ("prediction", "outside"): Reason("answer for a client who takes no part", True),
    ("prediction", "late"): Reason("came after the page's patience; the session was shown without the category", False),
    ("prediction", "repeated"): Reason("the session had its answer already; the first one counts", False),
    ("prediction", "unknown_client"): Reason("no session of such a client was opened", False),
    ("prediction", "unknown_token"): Reason("the token belongs to no candidate", False),
    ("prediction", "revoked_token"): Reason("the token was replaced by a new one", False),
    ("prediction", "not_running"): Reason("the experiment has ended or is not started; a worker goes on answering", True),
    ("prediction", "rolled_out"): Reason("decided a session of everybody, after the candidate was rolled out", True),
    ("prediction", "wrong_value"): Reason("the value is neither 0 nor 1", False),
    ("prediction", "malformed"): Reason("not a prediction: no JSON, a field is missing, or too long", False),
    ("session", "repeated"): Reason("the session was opened already", True),
    ("session", "before_start"): Reason("opened before the experiment was started", True),
    ("session", "malformed"): Reason("not a session: no JSON, a field is missing, or too long", False),
    ("demographic", "malformed"): Reason("not age and sex of a client, so the original system cannot decide", False),
    ("revenue", "accepted"): Reason("money of a session", True),
    ("revenue", "not_measured"): Reason("the experiment is about an outcome, and no guard watches over money", True),
    ("revenue", "outside"): Reason("money of a session that is in no running experiment", True),
    ("revenue", "repeated"): Reason("this revision was booked already", True),
    ("revenue", "outdated"): Reason("a later revision was booked already", True),
    ("revenue", "after_end"): Reason("came after the experiment had ended", True),
    ("revenue", "wrong_client"): Reason("the session is another client's", False),
    ("revenue", "unknown_session"): Reason("no such session was opened in a running experiment", False),
    ("revenue", "malformed"): Reason("not money of a session: no JSON, a field is missing, or too large", False),
    ("impression", "counted"): Reason("shown to a unit of the decision's group, within the attribution time", True),
    ("impression", "repeated"): Reason("an event of this id was counted already", True),
    ("impression", "late"): Reason("came after the attribution time of its quantum", False),
    ("impression", "unknown"): Reason("the decision names no bandit of this platform", False),
    ("impression", "no_decision"): Reason("without a decision", False),
    ("impression", "forged"): Reason("the decision id was not made by this platform", False),
    ("impression", "foreign"): Reason("the unit is not of the decision's group", False),
    ("impression", "malformed"): Reason("not an impression: no JSON, a field is missing, or too long", False),
    ("outcome", "counted"): Reason("an outcome of a unit of the decision's group, within the attribution time", True),
    ("outcome", "repeated"): Reason("an event of this id was counted already", True),
    ("outcome", "late"): Reason("came after the attribution time of its quantum", False),
    ("outcome", "unknown"): Reason("the decision names no bandit of this platform", False),
    ("outcome", "no_decision"): Reason("an outcome that no bandit decided: it counts in experiments only", True),
    ("outcome", "forged"): Reason("the decision id was not made by this platform", False),
    ("outcome", "foreign"): Reason("the unit is not of the decision's group", False),
    ("outcome", "other_outcome"): Reason("neither the objective nor a guard of the bandit", True),
    ("outcome", "negative_value"): Reason("outcomes are counted from 0 on", False),
    ("outcome", "reward_above_1"): Reason("the bandit's policy needs rewards from 0 to 1", False),
    ("outcome", "outside"): Reason("of a unit that takes no part", True),
    ("outcome", "after_end"): Reason("came after the experiment had ended", True),
    ("outcome", "unit_is_no_uuid"): Reason("an experiment knows its clients by their uuid, of the type of PLATFORM__ID_TYPE", False),
    ("outcome", "malformed"): Reason("not an outcome: no JSON, a field is missing, or too large", False),
}  # fmt: skip


def reason_of(kind: str, reason: str) -> Reason:
    """The meaning of a reason, and whether it is normal."""
    return REASONS.get((kind, reason), Reason(reason.replace("_", " "), False))
