"""When a look is due, what it decides, and when an experiment ends. The verdicts are those of
`liftstream.experiment`."""

from dataclasses import dataclass

from liftstream.experiment import Check, Verdict, take_look, verdict
from liftstream.experiment.trial.guard_verdicts import GuardVerdict, guard_verdicts
from liftstream.experiment.trial.ledger import CandidateLook, Look
from liftstream.platform.ingest.running.live import Live
from liftstream.service.clock import as_text


@dataclass(frozen=True)
class Happened:
    """A line for the log of an experiment."""

    kind: str
    said: str


def is_complete(live: Live, now_ms: int, money_within_ms: int) -> bool:
    """Whether all planned clients came, and their money too, or has had its time."""
    if live.closed_ms is None:
        return False
    all_known = live.paid >= live.clients and not live.outcomes_may_come
    return all_known or now_ms > live.closed_ms + money_within_ms


def is_due(live: Live, now_ms: int, money_within_ms: int) -> bool:
    """Whether the experiment is to be looked at now: a planned number of clients was passed, or it is complete."""
    if live.ended_ms is not None:
        return False
    seen = sum(live.ledger.looks[-1].clients.values()) if live.ledger.looks else 0
    passed = any(seen < planned <= live.paid for planned in live.plan.look_clients[:-1])
    return passed or is_complete(live, now_ms, money_within_ms)


def look(live: Live, now_ms: int, money_within_ms: int) -> list[Happened]:
    """Takes the look that is due, and ends the experiment where that decides it."""
    final = is_complete(live, now_ms, money_within_ms)
    broken = _broken(live)
    try:
        live.ledger = take_look(
            live.plan, live.ledger, live.moments, final=final, at=as_text(now_ms) or "", guards=live.guards
        )
    except ValueError as error:
        if not final:
            return []  # too few clients in an arm, or all with the same money: a later batch will do
        live.ledger = live.ledger.stop(f"no verdict can be computed: {error}")
        return [end(live, now_ms)]
    happened = [_told(live.ledger.looks[-1])]
    happened += [
        Happened("guard", _broken_told(live, one)) for key, one in _broken(live).items() if key not in broken
    ]
    if verdict(live.plan, live.ledger).decided:
        happened.append(end(live, now_ms))
    return happened


def stop(live: Live, now_ms: int, reason: str) -> Happened:
    """Ends a running experiment before its plan."""
    live.ledger = live.ledger.stop(reason)
    return end(live, now_ms)


def end(live: Live, now_ms: int) -> Happened:
    """Ends an experiment: nothing counts from now on."""
    live.ended_ms = now_ms
    found = standing(live)
    return Happened("stopped" if found.verdict == "stopped" else "finished", found.sentence)


def standing(live: Live, extra: tuple[Check, ...] = ()) -> Verdict:
    """The verdict with the current numbers, or those at the experiment's end."""
    undecided = live.ended_ms is None or live.ledger.stopped is not None
    enough = min(arm.paid.n for arm in live.arms.values()) >= 2
    now, guards = (live.moments, live.guards) if undecided and enough else (None, None)
    try:
        return verdict(live.plan, live.ledger, current=now, extra=extra, current_guards=guards)
    except ValueError:  # all clients brought the same money so far
        return verdict(live.plan, live.ledger, extra=extra, current_guards=guards)


def _broken(live: Live) -> dict[tuple[str, str], GuardVerdict]:
    """The guards that are broken, by candidate and name."""
    found = guard_verdicts(live.plan, live.ledger)
    return {(one.candidate, one.guard): one for one in found if one.verdict == "breaks"}


def _broken_told(live: Live, found: GuardVerdict) -> str:
    who = f" by {found.candidate}" if len(live.plan.candidates) > 1 else ""
    return f"guard {found.guard} broken{who}: {found.change}"


def _told(look: Look) -> Happened:
    parts = [
        _entry_told(name, entry, look.final, len(look.candidates) > 1)
        for name, entry in look.candidates.items()
    ]
    return Happened("look", f"look {look.number}: {sum(look.clients.values()):,} clients, {'; '.join(parts)}")


def _entry_told(name: str, entry: CandidateLook, final: bool, several: bool) -> str:
    who = f"{name}: " if several else ""
    if entry.bound is None:
        return f"{who}information {entry.information:.2f}, z {entry.z:.2f}, too early for any bound"
    crossed, harmed = entry.z >= entry.bound, entry.z <= -entry.bound
    compared = "reaches" if crossed else "falls below the mirror image of" if harmed else "is below"
    goes_on = "" if crossed or harmed or final else ", go on"
    return f"{who}information {entry.information:.2f}, z {entry.z:.2f} {compared} {entry.bound:.2f}{goes_on}"
