"""A result in other words: as a share of the original, as a chance, and as money a month."""

from liftstream.experiment import believe_mean
from liftstream.experiment.report.analysis import relative_of
from liftstream.experiment.trial.ledger import estimate
from liftstream.experiment.trial.sentences import candidate_name
from liftstream.platform.documents.document import Document
from liftstream.platform.documents.experiment_parts.outlook import DAY_MS
from liftstream.platform.ingest.running.live import Live
from liftstream.service.pages.formatting import DAY, WEEK, duration, roughly

DAYS_A_MONTH = 30


class MonthDocument(Document):
    """What a difference in money would come to in 30 days, at the traffic of the experiment."""

    clients: float
    """Clients that would come in a month."""
    value: float
    """$ a month more than the original, at the estimated difference."""
    low: float | None
    high: float | None
    """The same at the ends of the verdict's interval."""
    counted_days: float
    """How long clients came to the experiment."""


class WorthDocument(Document):
    """The difference of the leading candidate once more, for reading; it decides nothing."""

    uplift: float | None
    """The difference as a share of the original's mean; None if that is 0."""
    better: float
    """Probability that the candidate is better than the original, for whoever believed nothing before (flat prior)."""
    month: MonthDocument | None
    """The difference per month; None unless the metric is money."""
    sentence: str


def worth_of(live: Live, candidate: str, ci_low: float | None, ci_high: float | None) -> WorthDocument | None:
    """What an ended experiment found, in other words; None where there is nothing to tell.

    Args:
        ci_low, ci_high: of the verdict, $ per client.
    """
    arms = live.moments
    if live.ended_ms is None or min(arm.n for arm in arms.values()) < 2:
        return None
    now = estimate(live.plan, arms, candidate)
    if not now.se > 0:
        return None
    relative, _ = relative_of(now.original, now.candidate)
    uplift, better = (
        None if relative is None else relative.effect,
        believe_mean(now.effect, now.se, df=now.df).better,
    )
    month = None if live.counts_outcomes else _month(live, now.effect, ci_low, ci_high)
    return WorthDocument(
        uplift=uplift,
        better=better,
        month=month,
        sentence=_sentence(uplift, better, month, candidate_name(live.plan, candidate)),
    )


def _month(live: Live, effect: float, low: float | None, high: float | None) -> MonthDocument | None:
    until = live.closed_ms or live.ended_ms
    if live.started_ms is None or until is None or until <= live.started_ms:
        return None
    days = (until - live.started_ms) / DAY_MS
    clients = live.clients / days * DAYS_A_MONTH / (live.high - live.low)
    return MonthDocument(
        clients=clients,
        value=clients * effect,
        low=None if low is None else clients * low,
        high=None if high is None else clients * high,
        counted_days=days,
    )


def _sentence(uplift: float | None, better: float, month: MonthDocument | None, who: str) -> str:
    share = "" if uplift is None else f"{roughly(100 * uplift, sign=True)} % compared with the original. "
    said = f"{share}The chance that {who} is better than the original is {_chance(better)}."
    if month is None:
        return said
    if month.counted_days < DAY:
        scale, many = 10_000 / month.clients, "10,000 clients"
        why = f"Clients came for {duration(month.counted_days)}, too short to say how many come in a month"
    else:
        scale, many = 1.0, f"{roughly(month.clients)} clients a month"
        why = f"Clients were counted over {duration(month.counted_days)}"
        why += ", which says little about a month" if month.counted_days < WEEK else ""
    unit = "$ a month" if scale == 1 else "$"
    return f"{said} With {many} it would be worth {_value(month, scale, unit)}. {why}."


def _value(month: MonthDocument, scale: float, unit: str) -> str:
    """The monthly value with both ends of its interval, all rounded alike."""
    if month.low is None or month.high is None:
        return f"{roughly(scale * month.value, sign=True)} {unit}"
    amounts = [scale * amount for amount in (month.value, month.low, month.high)]
    value, low, high = (roughly(amount, sign=True, beside=amounts) for amount in amounts)
    return f"{value} {unit} ({low} to {high} $)"


def _chance(share: float) -> str:
    """A chance in percent, never 0 % or 100 %."""
    if share > 0.9995:
        return "above 99.9 %"
    return "below 0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"
