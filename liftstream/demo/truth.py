"""What the simulated shop knows and no real one does: what the candidate's decisions are truly worth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftstream import scoring
from liftstream.contracts.errors import SettingsError
from liftstream.contracts.features import FEATURES
from liftstream.demo.plan import Request
from liftstream.shop.live_shop import draw_waves
from liftstream.shop.money import decide_best, gain_over
from liftstream.shop.population import Clients

POINTS = 401


@dataclass(frozen=True, eq=False)
class Truth:
    """Expected $ per client over the original system, on the demo's own clients, chance integrated out.

    Attributes:
        clients: everybody who comes, in the order of their rows.
        shown: the candidate's decision for each of them, as the pipeline makes it.
        threshold: the one in use.
        curve: thresholds and what each would earn.
        gain, best, never: of the threshold in use, of the best possible decisions, of showing it to nobody.
    """

    clients: Clients
    shown: NDArray[np.bool_]
    threshold: float
    curve: tuple[NDArray[np.float64], NDArray[np.float64]]
    gain: float
    best: float
    never: float


def know(request: Request) -> Truth:
    """Scores the clients that the shop will draw, as the pipeline's model does.

    Raises:
        ModelError, InputError: the model cannot be served.
        SettingsError: it names no threshold.
    """
    scorer = scoring.load_for_decision(request.model, FEATURES)
    threshold = scorer.default_threshold
    if threshold is None:
        raise SettingsError(
            f"{request.model} has no model card that names a threshold; 'liftstream train' writes one"
        )
    clients = together([clients for clients, _ in draw_waves(request.visitors)])
    score = scorer.score(clients.features.astype(np.float64))
    shown = score >= threshold
    return Truth(
        clients,
        shown,
        threshold,
        draw_curve(score, clients),
        gain_over(clients.man, shown, clients.interest),
        gain_over(clients.man, decide_best(clients.interest), clients.interest),
        gain_over(clients.man, np.zeros(len(clients), dtype=bool), clients.interest),
    )


def together(waves: list[Clients]) -> Clients:
    """All waves in one."""
    parts = ("uuid", "features", "interest", "interested")
    return Clients(*(np.concatenate([getattr(wave, part) for wave in waves]) for part in parts))


def draw_curve(
    score: NDArray[np.float64], clients: Clients
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Thresholds over the range of the scores, and the expected gain of each."""
    thresholds = np.linspace(np.nanmin(score), np.nanmax(score), POINTS)
    gains = [gain_over(clients.man, score >= threshold, clients.interest) for threshold in thresholds]
    return thresholds, np.array(gains)
