"""What happens next: when the next look and the end are due at this traffic, and the chance of a verdict."""

import math

from liftstream.experiment.sequential.progress import chances
from liftstream.platform.documents.document import Document
from liftstream.platform.ingest.running.live import Live
from liftstream.service.clock import as_text

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FEW = 20
"""Fewest clients whose rate is worth a prediction."""


class Due(Document):
    """A number of clients, and when it will be reached."""

    clients: int
    at: str | None
    """None until enough clients came to estimate it."""


class Outlook(Document):
    """How far an experiment is."""

    clients: int
    """Clients drawn so far."""
    n_total: int
    share: float
    """Share of the planned clients whose money is known, 0..1."""
    clients_per_hour: float | None
    day: int | None
    """The day of the experiment, from 1."""
    days: int | None
    """Days that the experiment will take in all at this traffic."""
    next_look: Due | None
    end: Due | None
    chance: float | None
    """Chance that a later look proves an improvement if the effect is as observed; None before the first of several
    looks."""
    chance_at_plan: float | None
    """The same if the effect is the planned one."""
    sentence: str


def outlook(live: Live, now_ms: int) -> Outlook:
    """Where an experiment stands and what comes."""
    rate = _per_ms(live, now_ms)
    looks = [clients for clients in live.plan.look_clients if clients > live.paid]
    running = live.started_ms is not None and live.ended_ms is None
    upcoming = looks if running else []
    next_look, end = (_due(live, upcoming[at], rate, now_ms) if upcoming else None for at in (0, -1))
    seems, planned = _chances(live) if running else (None, None)
    started, until = live.started_ms, live.ended_ms or now_ms
    return Outlook(
        clients=live.clients,
        n_total=live.plan.n_total,
        share=min(1.0, live.paid / live.plan.n_total),
        clients_per_hour=None if rate is None else rate * HOUR_MS,
        day=None if started is None else (until - started) // DAY_MS + 1,
        days=None if rate is None else math.ceil(live.plan.n_total / rate / DAY_MS),
        next_look=next_look,
        end=end,
        chance=seems,
        chance_at_plan=planned,
        sentence=_sentence(live, next_look, end, seems),
    )


def _per_ms(live: Live, now_ms: int) -> float | None:
    if live.started_ms is None or live.clients < FEW:
        return None
    took = (live.closed_ms or live.ended_ms or now_ms) - live.started_ms
    return live.clients / took if took > 0 else None


def _due(live: Live, clients: int, rate: float | None, now_ms: int) -> Due:
    if rate is None:
        return Due(clients=clients, at=None)
    missing = max(0, clients - live.clients)
    return Due(clients=clients, at=as_text(now_ms + round(missing / rate)))


def _chances(live: Live) -> tuple[float | None, float | None]:
    looks, plan = live.ledger.looks, live.plan
    if plan.futility or not 0 < len(looks) < len(plan.times):
        return None, None
    best = max(entry.z for entry in looks[-1].candidates.values())
    odds = chances(plan.design, len(looks), best)
    return odds.at_estimate, odds.at_plan


def _sentence(live: Live, next_look: Due | None, end: Due | None, seems: float | None) -> str:
    if live.started_ms is None:
        return "Draft: not started."
    if live.ended_ms is not None:
        return "The experiment has ended; later data is ignored."
    if live.closed_ms is not None and live.paid < live.clients:
        return f"All {live.clients:,} planned clients came; the last look waits for the money of {live.clients - live.paid:,} of them."
    if live.clients == 0:
        return "Waiting for the first client."
    if next_look is None or end is None:
        return "The last look is due now."
    if next_look.at is None:
        return f"The next look is at {next_look.clients:,} clients; too few came to say when."
    said = f"At this traffic the next look, at {next_look.clients:,} clients, is due {_when(next_look.at)}"
    if end.clients != next_look.clients and end.at is not None:
        said += f", the last, at {end.clients:,}, {_when(end.at)}"
    if seems is None:
        return f"{said}. Only a planned look can end it."
    return f"{said}. Only a planned look can end it. If the effect is as observed, the chance that a later look proves it is {_chance(seems)}."


def _chance(share: float) -> str:
    """A chance in percent, never 0 % or 100 %."""
    if share < 0.01:
        return "below 1 %"
    return "above 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _when(text: str) -> str:
    return f"on {text[:10]} at {text[11:16]} UTC"
