"""The report: in the original's format first, `model_results` and `log`; then the comparison, the split, and pending
users."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from liftstream.forecast.comparison import sentence
from liftstream.forecast.errors import Errors
from liftstream.spend.observed import Observed
from liftstream.spend.split import Split, check_split

TOTAL = "_total"
Document = dict[str, Any]
Names = Mapping[str, str]


def make_report(
    sums: Sequence[Any],
    log: Sequence[Any],
    observed: Observed,
    truth: Mapping[str, int],
    split: Split,
    names: Names,
) -> Document:
    """The document of `GET /predict`.

    Args:
        sums: errors by test and model, of what was served (`storage.reading.errors_by_test`).
        log: what was served (`storage.reading.served_rows`).
        truth: counts of true values.
        names: of the models, as the original names them.
    """
    shown = {row.key for row in log}
    return {
        "model_results": {
            **_results([row for row in sums if row.key in shown], names, split),
            TOTAL: [_total(sums, model, names) for model in sorted({*split, *_models(sums)})],
        },
        "log": [_log_line(row, names) for row in log],
        "sentence": sentence(observed.compare(), observed.users),
        "note": note(observed),
        "comparison": _comparison(observed, names),
        "split": _split(observed, split),
        "pending": _pending(observed),
        "truth": dict(truth),
        "tests": {"shown": len(shown), "all": len({row.key for row in sums})},
    }


def _results(sums: Sequence[Any], names: Names, split: Split) -> dict[str, list[Document]]:
    by_test: dict[str, list[Any]] = {}
    for row in sums:
        by_test.setdefault(row.key, []).append(row)
    return {
        key: [
            {**_total(rows, model, names), "period": rows[0].period}
            for model in sorted({*split, *_models(rows)})
        ]
        for key, rows in by_test.items()
    }


def _total(sums: Sequence[Any], model: str, names: Names) -> Document:
    """The results of one model, which may have served no user."""
    rows = [row for row in sums if row.model == model]
    n, squares, absolutes, differences = (
        sum(getattr(row, name) or 0 for row in rows) for name in ("n", "squares", "absolutes", "differences")
    )
    figures = _figures(Errors.of_sums(n, squares, absolutes, differences))
    return {"model": _name(model, names), **figures, "pending": sum(row.users for row in rows) - n}


def _models(sums: Sequence[Any]) -> set[str]:
    return {row.model for row in sums}


def _figures(errors: Errors) -> Document:
    return {"MSE": errors.mse, "RMSE": errors.rmse, "MAE": errors.mae, "bias": errors.bias, "n": errors.n}


def _log_line(row: Any, names: Names) -> Document:
    return {
        "timestamp": row.key,
        "user_id": as_sent(row.user),
        "model": _name(row.model, names),
        "result": row.value,
        "good": row.good,
        "error": None if row.good is None else (row.value - row.good) ** 2,
        "period": row.period,
        "fallback": bool(row.fallback),
        "complete": None if row.good is None else bool(row.complete),
    }


def as_sent(user: str) -> int | str:
    """An id for JSON: a number if it is one."""
    return int(user) if user.isascii() and user.isdigit() and str(int(user)) == user else user


def _name(model: str, names: Names) -> str:
    return names.get(model, model)


def note(observed: Observed) -> str:
    """A note on how reliable the figures are; empty if there is nothing to say."""
    partly = observed.settled & ~observed.complete
    if not partly.any():
        return ""
    periods = ", ".join(sorted({observed.period[i] for i in np.flatnonzero(partly).tolist()}))
    counts = (
        "so all of this is provisional"
        if observed.provisional
        else "and the comparison leaves it out until it is"
    )
    return f"The sessions do not cover {periods} wholly yet, {counts}."


def _comparison(observed: Observed, names: Names) -> Document:
    return {
        "test": "paired: every model predicts for every user, each user counts once",
        "users": observed.users,
        "periods": sorted({observed.period[i] for i in np.flatnonzero(observed.counted).tolist()}),
        "provisional": observed.provisional,
        "models": [
            {"model": _name(name, names), "letter": name, **_figures(observed.errors(name))}
            for name in observed.predicted
        ],
        "pairs": [pair.to_dict() for pair in observed.compare()],
    }


def _split(observed: Observed, split: Split) -> Document:
    users = users_served(observed)
    check = check_split(users, split)
    return {
        "weights": dict(split),
        "users": {name: users.get(name, 0) for name in split},
        "check": {"status": check.status, "sentence": check.sentence, **check.numbers},
        "test": "unpaired: each model on the users whom it served",
        "pairs": [pair.to_dict() for pair in observed.compare_served(list(split))],
    }


def users_served(observed: Observed) -> dict[str, int]:
    """Users by the model that serves them, each counted once."""
    model_of = dict(zip(observed.user, observed.serving, strict=True))
    counts: dict[str, int] = {}
    for model in model_of.values():
        counts[model] = counts.get(model, 0) + 1
    return counts


def _pending(observed: Observed) -> Document:
    by_period: dict[str, list[int | str]] = {}
    for i in np.flatnonzero(~observed.settled).tolist():
        by_period.setdefault(observed.period[i], []).append(as_sent(observed.user[i]))
    return {"count": sum(map(len, by_period.values())), "by_period": by_period}
