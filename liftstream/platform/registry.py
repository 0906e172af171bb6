"""Creates, starts and stops experiments. A started plan is never changed: a change is a new experiment."""

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from liftstream.experiment import Ledger
from liftstream.experiment.trial.plans import ORIGINAL
from liftstream.platform.ingest import loading, saving
from liftstream.platform.ingest.rollout_rows import find_rollout
from liftstream.platform.ingest.running import looks
from liftstream.platform.ingest.running.event_log import log_event, one_line
from liftstream.platform.ingest.running.live import ArmSums
from liftstream.platform.planning.requests import NewExperiment
from liftstream.platform.schema import Experiment, ExperimentArm, GuardArm, LoggedEvent, RolledOutArm, Token
from liftstream.platform.tokens import hash_secret, make_secret

Row = Any
"""A row of the table of experiments."""


REASON_MOST: Final = 500


class Unknown(LookupError):
    """There is no such experiment, or no such part of one.

    Args:
        name: what was asked for.
        known: where to see what there is.
        field: of the request, which named it.
    """

    def __init__(self, name: str, known: str = "GET /api/experiments lists them", field: str = "id") -> None:
        super().__init__(name)
        self.known, self.field = known, field


class NotAllowed(Exception):
    """The experiment is not in a state for that; the message says what is."""


@dataclass(frozen=True)
class Created:
    """A new draft; its tokens are known only now."""

    id: str
    tokens: dict[str, str]
    """Tokens by candidate; empty for an A/A experiment, in which nobody answers."""


def create(connection: Connection, wanted: NewExperiment, now_ms: int) -> Created:
    """Writes a draft with its arms and tokens."""
    plan, made = wanted.plan, Created(token_hex(4), {})
    connection.execute(
        insert(Experiment).values(
            id=made.id,
            name=plan.name,
            state="draft",
            aa=wanted.aa,
            plan=msgspec.json.encode(plan.to_dict()).decode(),
            plan_hash=plan.hash,
            exclusive=wanted.exclusive,
            share=wanted.share,
            low=0.0,
            high=wanted.share,
            ledger=msgspec.json.encode(Ledger.of(plan).to_dict()).decode(),
            created_ms=now_ms,
        )
    )
    connection.execute(
        insert(ExperimentArm),
        [{"experiment": made.id, "arm": arm, **ArmSums().columns()} for arm in plan.arms],
    )
    sums = [
        {"experiment": made.id, "guard": number, "arm": arm, "n": 0, "mean": 0.0, "m2": 0.0}
        for number in range(len(plan.guards))
        for arm in plan.arms
    ]
    if sums:
        connection.execute(insert(GuardArm), sums)
    if not wanted.aa:
        for candidate in plan.candidates:
            made.tokens[candidate] = _new_token(connection, made.id, candidate, now_ms)
    log_event(connection, made.id, now_ms, "created", f"plan {plan.hash[:12]} sealed")
    return made


def start(connection: Connection, experiment: str, now_ms: int) -> None:
    """Starts a draft: clients are drawn from now on.

    Raises:
        Unknown: there is none.
        NotAllowed: it is no draft, or its exclusive group has no room left.
    """
    row = find(connection, experiment)
    _expect(row, "draft", "started")
    low = _room(connection, row) if row.exclusive else 0.0
    connection.execute(
        update(Experiment)
        .where(Experiment.id == experiment)
        .values(state="running", started_ms=now_ms, low=low, high=min(1.0, low + row.share))
    )
    log_event(connection, experiment, now_ms, "started", f"started by plan {row.plan_hash[:12]}")


def discard(connection: Connection, experiment: str) -> None:
    """Deletes a draft with its tokens and its log; a started experiment is never deleted.

    Raises:
        Unknown: there is none.
        NotAllowed: it is no draft.
    """
    _expect(find(connection, experiment), "draft", "discarded")
    for table in (ExperimentArm, GuardArm, Token, LoggedEvent):
        connection.execute(delete(table).where(table.experiment == experiment))
    connection.execute(delete(Experiment).where(Experiment.id == experiment))


def stop(connection: Connection, experiment: str, now_ms: int, reason: str) -> None:
    """Ends a running experiment before its plan.

    Raises:
        Unknown: there is none.
        NotAllowed: it does not run.
    """
    row = find(connection, experiment)
    _expect(row, "running", "stopped")
    live = loading.load_live(connection, row)
    happened = looks.stop(live, now_ms, one_line(reason, REASON_MOST))
    saving.save_live(connection, live)
    log_event(connection, experiment, now_ms, happened.kind, happened.said)


def roll_out(
    connection: Connection, experiment: str, arm: str | None, now_ms: int, *, has_rule: bool = True
) -> None:
    """Lets an arm of an ended experiment decide for everybody whom no running experiment takes.

    Args:
        arm: default: the candidate that improves.
        has_rule: whether a rule decides for the original, where that is rolled out.

    Raises:
        Unknown: there is none, or no such arm.
        NotAllowed: it has not ended, is an A/A experiment, or ended without a winner and no arm is named.
    """
    row = find(connection, experiment)
    if row.ended_ms is None or row.aa:
        raise NotAllowed(
            f"experiment {row.id} is {row.state}; only an ended A/B experiment can be rolled out"
        )
    live = loading.load_live(connection, row)
    found = looks.standing(live)
    trusted = found.verdict == "improves" and found.status != "alarm"
    chosen = arm or (found.leading if trusted and not found.broken else None)
    if chosen is None and found.broken:
        names = " and ".join(guard.guard for guard in found.broken)
        raise NotAllowed(f"{found.leading} breaks {names}, so name the arm: {', '.join(live.plan.arms)}")
    if chosen is None:
        why = "a check raises an alarm" if found.status == "alarm" else f"the verdict is '{found.verdict}'"
        raise NotAllowed(f"{why}, so name the arm: {', '.join(live.plan.arms)}")
    if chosen not in live.plan.arms:
        raise Unknown(chosen, f"there are {', '.join(live.plan.arms)}", "arm")
    _end_rollout(connection, now_ms, f"{chosen} of {row.name} ({row.id}) was rolled out in its place")
    old_system = chosen == ORIGINAL and (live.counts_outcomes or not has_rule)
    sums = {"sessions": 0, "answered": 0, "shown": 0}
    connection.execute(
        insert(RolledOutArm).values(
            experiment=experiment, arm=chosen, since_ms=now_ms, old_system=old_system, **sums
        )
    )
    said = f"{chosen} decides for everybody; the verdict was '{found.verdict}'"
    log_event(connection, experiment, now_ms, "rolled out", said)


def take_back(connection: Connection, experiment: str, now_ms: int) -> None:
    """Takes the roll-out back: the arm no longer decides for anybody.

    Raises:
        Unknown: there is no such experiment.
        NotAllowed: none of its arms is rolled out.
    """
    find(connection, experiment)
    rolled_out = find_rollout(connection)
    if rolled_out is None or rolled_out.experiment != experiment:
        raise NotAllowed(f"no arm of experiment {experiment} is rolled out")
    _end_rollout(connection, now_ms, f"{rolled_out.arm} no longer decides for anybody")


def renew_token(connection: Connection, experiment: str, candidate: str, now_ms: int) -> str:
    """Revokes the tokens of a candidate and makes a new one.

    Raises:
        Unknown: there is no such experiment or candidate.
        NotAllowed: it is over, or an A/A experiment.
    """
    row = find(connection, experiment)
    rolled_out = find_rollout(connection)
    answers = row.state in {"draft", "running"} or (rolled_out and rolled_out.experiment == row.id)
    if not answers or row.aa:
        raise NotAllowed("only a candidate of a draft, running or rolled-out experiment has a token")
    where = Token.experiment == experiment, Token.candidate == candidate
    done = connection.execute(
        update(Token).where(*where, Token.revoked_ms.is_(None)).values(revoked_ms=now_ms)
    )
    if done.rowcount == 0:
        raise Unknown(candidate, f"GET /api/experiments/{experiment} names its candidates", "candidate")
    log_event(connection, experiment, now_ms, "token", f"the token of {candidate} was replaced")
    return _new_token(connection, experiment, candidate, now_ms)


def find(connection: Connection, experiment: str) -> Row:
    """The row of an experiment.

    Raises:
        Unknown: there is none.
    """
    row = connection.execute(select(Experiment).where(Experiment.id == experiment)).one_or_none()
    if row is None:
        raise Unknown(experiment)
    return row


def find_all(connection: Connection) -> Sequence[Row]:
    """The rows of all experiments, the newest first."""
    return connection.execute(select(Experiment).order_by(Experiment.created_ms.desc(), Experiment.id)).all()


def _end_rollout(connection: Connection, now_ms: int, said: str) -> None:
    rolled_out = find_rollout(connection)
    if rolled_out is not None:
        connection.execute(delete(RolledOutArm))
        told = f"{said}; it decided {rolled_out.sessions:,} sessions"
        log_event(connection, rolled_out.experiment, now_ms, "taken back", told)


def _expect(row: Any, state: str, done: str) -> None:
    if row.state != state:
        raise NotAllowed(f"experiment {row.id} is {row.state}; only a {state} one can be {done}")


def _room(connection: Connection, row: Any) -> float:
    """Where the share of an experiment fits among the running ones of its group."""
    taken = connection.execute(
        select(Experiment.low, Experiment.high)
        .where(Experiment.exclusive == row.exclusive, Experiment.state == "running")
        .order_by(Experiment.low)
    )
    low = 0.0
    for start, end in taken:
        if start - low >= row.share - 1e-9:
            break
        low = end
    if low + row.share > 1 + 1e-9:
        raise NotAllowed(
            f"the group {row.exclusive!r} has no room for {100 * row.share:g} % of the clients; stop one of its experiments"
        )
    return low


def _new_token(connection: Connection, experiment: str, candidate: str, now_ms: int) -> str:
    token = make_secret()
    connection.execute(
        insert(Token).values(
            hash=hash_secret(token), experiment=experiment, candidate=candidate, created_ms=now_ms
        )
    )
    return token
