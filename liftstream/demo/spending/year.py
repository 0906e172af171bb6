"""A shop's year through the service, over HTTP: each month is predicted, and the next month settles it."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.request import Request, urlopen

import numpy as np

from liftstream.forecast.calendar import month_of, period_of
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import Shop

FIRST: Final = 1
TIMEOUT_S: Final = 60


@dataclass(frozen=True)
class Month:
    """The result of one month's request.

    Attributes:
        period: the predicted one.
        sessions: events that were sent.
        predicted: money that all users together were predicted to spend.
        report: the service's report afterwards, without its log.
    """

    period: str
    sessions: int
    predicted: float
    report: dict[str, Any]


def play_year(shop: Shop, address: str) -> Iterator[Month]:
    """Sends the data up to the end of each month, and reads the report after it.

    Raises:
        OSError: the service does not answer.
    """
    for months in range(FIRST, shop.months + 1):
        document = shop.data_object(months)
        predicted = ask(address + "/predict", document)
        report = ask(address + "/predict?tests=1")
        report.pop("log")
        period = period_of(12 * shop.start.year + months)
        yield Month(period, len(document["sessions"]), sum(predicted.values()), report)


def ask(address: str, document: Any = None) -> Any:
    """The service's answer to a GET, or to a POST of a document."""
    body = None if document is None else json.dumps(document).encode()
    headers = {"Content-Type": "application/json"} if body else {}
    with urlopen(Request(address, body, headers), timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own address
        return json.loads(answer.read())


def least_error(shop: Shop) -> float:
    """The error (RMSE) of a forecast that knows every user's true level: the rest is chance, and nobody predicts
    better.

    Of the months that are settled at the end: all after the first.
    """
    history = read_data_object(shop.data_object())
    first = month_of(f"{shop.start.year}-01")
    squares = [
        (shop.expected(month) - history.spending_in(first + month)) ** 2
        for month in range(FIRST, shop.months)
    ]
    return math.sqrt(float(np.mean(squares)))
