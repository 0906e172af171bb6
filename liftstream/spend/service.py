"""The spending service in one object: what routes and page may do. Every method is one transaction, from any thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from liftstream.contracts.errors import UsageError
from liftstream.contracts.settings import SpendingSettings
from liftstream.forecast.calendar import month_at, month_of, period_of
from liftstream.forecast.history import History
from liftstream.forecast.models.model import ExpenseModel
from liftstream.forecast.models.registry import load_models
from liftstream.forecast.request.data_object import parse_json, read_data_object
from liftstream.forecast.request.problem import InvalidRequest, RequestProblem
from liftstream.service import clock
from liftstream.spend.observed import Observed
from liftstream.spend.report import Document, make_report
from liftstream.spend.split import Split, read_split, serving
from liftstream.spend.storage import reading, truth
from liftstream.spend.storage.database import forget, open_database, salt_of, writing
from liftstream.spend.storage.request_log import Answered, answer_again, record_test
from liftstream.spend.true_values import read_true_values

TESTS_SHOWN: Final = 500
REUSED: Final = "named a request for other users before; give each request a key of its own"


@dataclass(frozen=True, eq=False)
class Overview:
    """The values that the page shows.

    Attributes:
        observed: the newest prediction of each user and period, of all models.
        report: the document of `GET /predict` without its log.
    """

    observed: Observed
    report: Document


class WrongPeriod(UsageError):
    """True values of a period without predictions."""


class SpendingService:
    """Models, split and database.

    Args:
        now_ms: the clock.

    Raises:
        SettingsError, DatabaseError, InputError, ModelError: something of it cannot be used.
    """

    def __init__(self, settings: SpendingSettings, now_ms: Callable[[], int] = clock.now_ms) -> None:
        self.settings, self._now_ms = settings, now_ms
        self.models: Mapping[str, ExpenseModel] = load_models(settings.models)
        self.split: Split = read_split(settings.split, list(self.models))
        self.names = {name: model.full_name for name, model in self.models.items()}
        self.engine: Engine = open_database(settings.database)

    def predict_by(self, model: str, body: bytes | bytearray, period: str | None) -> dict[str, float]:
        """The predictions of one model by user; nothing is written.

        Raises:
            NotJson, InvalidRequest
        """
        history, month = self._read(body, period)
        predicted = self.models[model].predict_expenses(history, month)
        return dict(zip(history.users, predicted.tolist(), strict=True))

    def predict(
        self, body: bytes | bytearray, period: str | None, idempotency: str | None = None
    ) -> dict[str, float]:
        """The predictions of the serving models by user; everything is written, and earlier periods are settled.

        Raises:
            NotJson, InvalidRequest
        """
        history, month = self._read(body, period)
        predicted = {name: model.predict_expenses(history, month) for name, model in self.models.items()}
        visited, text, now = history.before(month).visited, period_of(month), self._now_ms()
        with writing(self.engine) as connection:
            before = answer_again(connection, idempotency) if idempotency else None
            if before is not None:
                if before.keys() != set(history.users):
                    raise InvalidRequest([RequestProblem("Idempotency-Key", REUSED)])
                return before
            arms = serving(history.users, salt_of(connection) or "", self.split)
            answered = Answered(text, history.users, predicted, arms, visited, idempotency)
            if history.users:
                record_test(connection, answered, now)
                truth.adopt(connection, text, now)
            truth.settle(connection, history, now)
        return answered.served()

    def report(self, tests: int = TESTS_SHOWN) -> Document | None:
        """The report of the newest `tests` tests and of all together; None if nothing was predicted."""
        found = self.overview(tests)
        return None if found is None else found.report

    def overview(self, tests: int = 0) -> Overview | None:
        """The values for the page, with the newest `tests` tests in the report; None if nothing was predicted."""
        with self.engine.connect() as connection:
            sums = reading.errors_by_test(connection)
            if not sums:
                return None
            numbers = sorted({row.id for row in sums}, reverse=True)[:tests]
            log = reading.served_rows(connection, numbers[-1]) if numbers else []
            observed = Observed.of(reading.newest_rows(connection))
            counts = reading.truth_counts(connection)
        return Overview(observed, make_report(sums, log, observed, counts, self.split, self.names))

    def reset(self) -> None:
        """Forgets earlier tests with their truth, and draws users again."""
        with writing(self.engine) as connection:
            forget(connection)

    def give_true_values(self, body: bytes | bytearray, period: str | None) -> None:
        """Adds what users really spent in a period, by default the newest predicted one.

        Raises:
            NotJson, InvalidRequest
            WrongPeriod: nobody predicted that period.
        """
        values = read_true_values(parse_json(body))
        with writing(self.engine) as connection:
            periods = truth.predicted_periods(connection)
            if period is not None and period not in periods:
                known = f"predicted are {', '.join(periods[-12:])}" if periods else "nothing is predicted yet"
                raise WrongPeriod(
                    f"{period} was not predicted, so its spending is no truth for any test; {known}"
                )
            chosen = period or (periods[-1] if periods else truth.UNKNOWN_PERIOD)
            truth.give(connection, chosen, values, self._now_ms())

    def true_values(self, period: str | None) -> dict[str, float]:
        """The true values that were given for a period, by default the newest one."""
        with self.engine.connect() as connection:
            return truth.given_in(connection, period)

    def close(self) -> None:
        """Closes the database."""
        self.engine.dispose()

    def _read(self, body: bytes | bytearray, period: str | None) -> tuple[History, int]:
        history = read_data_object(parse_json(body))
        if period is not None:
            return history, month_of(period)
        return history, history.next_month or month_at(self._now_ms())


def check_period(period: str | None) -> str | None:
    """The period of a query, checked.

    Raises:
        InvalidRequest: it is none.
    """
    if period is None:
        return None
    try:
        month_of(period)
    except ValueError as error:
        raise InvalidRequest([RequestProblem("period", str(error))]) from None
    return period
