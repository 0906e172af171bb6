"""The true effect of the candidate's decisions, which only a simulated shop knows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream import scoring
from liftstream.contracts.errors import SettingsError
from liftstream.contracts.features import FEATURES
from liftstream.demo.plan import Request
from liftstream.shop.live_shop import draw_waves
from liftstream.simulation.shop.customers import Customers

POINTS = 401
AT_ONCE = 20_000
"""Clients that are scored at a time: as numbers of 8 bytes a million clients' features would take 900 MB."""


@dataclass(frozen=True, eq=False)
class DemoTruth:
    """Expected $ per client over the original system, on the demo's own clients, chance integrated out.

    Attributes:
        clients: everybody who comes, in the order of their coming.
        luck: the chance in the money of each, see `shop.money.draw_luck`.
        shown: the candidate's decision for each of them, as the pipeline makes it.
        threshold: the one in use.
        curve: thresholds and what each would earn.
        gain, best, never: of the threshold in use, of the best possible decisions, of showing it to nobody.
    """

    clients: Customers
    luck: NDArray[np.float64]
    shown: NDArray[np.bool_]
    threshold: float
    curve: tuple[NDArray[np.float64], NDArray[np.float64]]
    gain: float
    best: float
    never: float


def know(request: Request) -> DemoTruth:
    """The truth about a run: scores the clients that the shop will draw, as the pipeline's model does.

    Raises:
        ModelError, InputError: the model cannot be served.
        SettingsError: it names no threshold.
    """
    return know_with(CandidateModel(request), request)


class CandidateModel:
    """The candidate's model, as the pipeline reads it.

    Raises:
        ModelError, InputError: the model cannot be served.
        SettingsError: it names no threshold.
    """

    def __init__(self, request: Request) -> None:
        self._scorer = scoring.load_for_decision(request.model, FEATURES)
        threshold = self._scorer.default_threshold
        if threshold is None:
            raise SettingsError(
                f"{request.model} has no model card that names a threshold;"
                f" 'liftstream model card {request.model} --data DIR' writes one"
            )
        self.threshold = float(threshold)

    def score(self, clients: Customers) -> NDArray[np.float64]:
        """The scores that are compared with the threshold."""
        starts = range(0, len(clients), AT_ONCE)
        parts = (clients.features[start : start + AT_ONCE].astype(np.float64) for start in starts)
        return np.concatenate([self._scorer.score(part) for part in parts])


def know_with(decider: CandidateModel, request: Request) -> DemoTruth:
    """Like `know`, with a model that was read before."""
    clients, luck = draw_everybody(request)
    score = decider.score(clients)
    shown = score >= decider.threshold
    value = clients.value_of_showing
    gain = partial(gain_over, clients.man, value=value)
    return DemoTruth(
        clients,
        luck,
        shown,
        decider.threshold,
        draw_curve(score, clients),
        gain(shown),
        gain(value >= 0),
        gain(np.zeros(len(clients))),
    )


def draw_everybody(request: Request) -> tuple[Customers, NDArray[np.float64]]:
    """The shop's visitors, in the order of their coming, and the luck of each."""
    waves = list(draw_waves(request.visitors))
    luck = np.concatenate([sessions.luck for _, sessions in waves])
    return _together([clients for clients, _ in waves]), luck


def _together(parts: Sequence[Customers]) -> Customers:
    """The clients of several waves as one; each of their fields is an array with a row per client."""
    first: Any = parts[0]
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(first)
    }
    every: Customers = replace(first, **joined)
    return every


def gain_over(other: NDArray[Any], shown: NDArray[Any], value: NDArray[np.float64]) -> float:
    """Expected $ per client that the decisions `shown` earn more than the decisions `other`; the chance in money is
    integrated out."""
    changed = np.asarray(shown, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return float(np.mean(changed * value))


def draw_curve(
    score: NDArray[np.float64], clients: Customers
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Thresholds over the range of the scores, and the expected gain of each."""
    thresholds = np.linspace(np.nanmin(score), np.nanmax(score), POINTS)
    value = clients.value_of_showing
    order = np.argsort(score)
    earned = np.append(np.cumsum(value[order][::-1])[::-1], 0.0)  # from the i-th lowest score on
    gains = earned[np.searchsorted(score[order], thresholds)] - value @ clients.man
    return thresholds, gains / len(clients)
