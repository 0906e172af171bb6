"""The data object: three lists `users`, `sessions`, `products` (and `deliveries`, which leak the future and are not read).

Nothing is dropped or mended: every value that cannot be used is named by its path, and then nothing of it is used.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.messages import NOT_JSON
from liftstream.forecast.history import History
from liftstream.forecast.request.columns import (
    MISSING,
    Row,
    ValueRefused,
    as_floats,
    as_integers,
    read_city,
    read_column,
    read_id,
    read_number,
    read_time,
    repeated,
)
from liftstream.forecast.request.problem import Problems, shown

LISTS: Final = ("users", "sessions", "products")
IGNORED: Final = "deliveries"
USERS_MOST: Final = 100_000
PRICE_MOST: Final = 1_000_000.0
VIEWED: Final = "VIEW_PRODUCT"
BOUGHT: Final = "BUY_PRODUCT"


class NotJson(LiftstreamError):
    """A body that is not JSON; the message says where."""


def parse_json(body: bytes | bytearray) -> Any:
    """The value that a JSON text stands for.

    Raises:
        NotJson: it is none.
    """
    try:
        return msgspec.json.decode(body)
    except NOT_JSON as error:
        raise NotJson(f"the body is not JSON: {error}") from None


def read_data_object(document: Any) -> History:
    """The history that a data object holds.

    Raises:
        InvalidRequest: with the path and the reason of every value that cannot be used.
    """
    problems = Problems()
    users, sessions, products = _lists(document, problems)
    problems.refuse()
    ids, cities = _users(users, problems)
    prices = _products(products, problems)
    history = _events(sessions, ids, cities, prices, problems)
    problems.refuse()
    return history


def _lists(document: Any, problems: Problems) -> list[list[Row]]:
    if not isinstance(document, dict):
        problems.add("$", f"{shown(document)} is not an object with the lists {', '.join(LISTS)}")
        return [[], [], []]
    if not isinstance(document.get(IGNORED, []), list | None):
        problems.add(f"$.{IGNORED}", "is not a list; it may be left out, it is not read")
    found = [_rows(document.get(name, MISSING), f"$.{name}", problems) for name in LISTS]
    if len(found[0]) > USERS_MOST:
        problems.add(
            "$.users", f"has {len(found[0]):,} users; at most {USERS_MOST:,} are accepted in one request"
        )
    return found


def _rows(value: Any, path: str, problems: Problems) -> list[Row]:
    if value is MISSING:
        problems.add(path, "is missing; accepted is a list of objects")
    elif not isinstance(value, list):
        problems.add(path, f"{shown(value)} is not a list of objects")
    else:
        wrong = [i for i, row in enumerate(value) if type(row) is not dict]
        for i in wrong:
            problems.add(f"{path}[{i}]", f"{shown(value[i])} is not an object")
        return [] if wrong else value
    return []


def _users(rows: list[Row], problems: Problems) -> tuple[list[str], list[str]]:
    ids = read_column(rows, "user_id", read_id, "$.users", problems)
    cities = read_column(rows, "city", read_city, "$.users", problems)
    for i, before in repeated(ids):
        problems.add(f"$.users[{i}].user_id", f"{shown(ids[i])} is a duplicate of $.users[{before}]")
    return ids, cities


def _products(rows: list[Row], problems: Problems) -> dict[str, float]:
    ids = read_column(rows, "product_id", read_id, "$.products", problems)
    price = read_number(PRICE_MOST, "a price")
    prices = read_column(rows, "price", price, "$.products", problems)
    for i, before in repeated(ids):
        problems.add(f"$.products[{i}].product_id", f"{shown(ids[i])} is a duplicate of $.products[{before}]")
    return dict(zip(ids, prices, strict=True))


def _events(
    rows: list[Row], users: list[str], cities: list[str], prices: dict[str, float], problems: Problems
) -> History:
    where = "$.sessions"
    sessions = read_column(rows, "session_id", read_id, where, problems)
    times = read_column(rows, "timestamp", read_time, where, problems)
    whose = read_column(rows, "user_id", read_id, where, problems)
    what = read_column(rows, "product_id", read_id, where, problems)
    kinds = read_column(rows, "event_type", _read_kind, where, problems)
    discounts = read_column(
        rows, "offered_discount", read_number(100, "a discount in percent"), where, problems
    )
    place = {user: i for i, user in enumerate(users)}
    _refuse_orphans(whose, place, "user_id", "users", problems)
    _refuse_orphans(what, prices, "product_id", "products", problems)
    _refuse_duplicates(rows, list(zip(sessions, times, whose, what, kinds, strict=True)), problems)
    problems.refuse()
    number = {session: i for i, session in enumerate(dict.fromkeys(sessions))}
    return History(
        users=users,
        cities=cities,
        user=as_integers([place[user] for user in whose]),
        time_ms=as_integers(times),
        session=as_integers([number[session] for session in sessions]),
        price=as_floats([prices[product] for product in what]),
        discount=as_floats(discounts),
        bought=np.array(kinds, dtype=np.bool_),
    )


def _read_kind(value: Any) -> bool:
    if value == BOUGHT:
        return True
    if value == VIEWED:
        return False
    raise ValueRefused(f"{shown(value)} is not an event; accepted are {VIEWED} and {BOUGHT}")


def _refuse_orphans(ids: Sequence[str | None], known: Any, name: str, of: str, problems: Problems) -> None:
    if set(ids) <= set(known):
        return
    for i, found in enumerate(ids):
        if found is not None and found not in known:
            problems.add(f"$.sessions[{i}].{name}", f"{shown(found)} is not among $.{of}")


def _refuse_duplicates(rows: list[Row], events: list[Any], problems: Problems) -> None:
    purchases = [row.get("purchase_id") for row in rows]
    keys = [
        (str(purchase), event[3]) if event[4] and purchase is not None else None
        for purchase, event in zip(purchases, events, strict=True)
    ]
    by_purchase = dict(repeated(keys))
    for i, before in by_purchase.items():
        reason = f"{shown(purchases[i])} is a duplicate: $.sessions[{before}] is the same purchase of the same product"
        problems.add(f"$.sessions[{i}].purchase_id", reason)
    complete = [None if None in event else event for event in events]
    for i, before in repeated(complete):
        if i not in by_purchase:
            problems.add(f"$.sessions[{i}]", f"is a duplicate of $.sessions[{before}]")
