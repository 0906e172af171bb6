"""True values: an object of user and money, `{"102": 5743.62}`."""

from typing import Any, Final

from liftstream.forecast.request.columns import ValueRefused, read_id, read_number
from liftstream.forecast.request.problem import Problems, shown

MONEY_MOST: Final = 1e9
USERS_MOST: Final = 100_000


def read_true_values(document: Any) -> dict[str, float]:
    """Money by user.

    Raises:
        InvalidRequest: with the path and the reason of every value that is none.
    """
    problems = Problems()
    if not isinstance(document, dict):
        problems.add(
            "$",
            f'{shown(document)} is not an object of users and what they spent, such as {{"102": 5743.62}}',
        )
        problems.refuse()
    if len(document) > USERS_MOST:
        problems.add("$", f"has {len(document):,} users; at most {USERS_MOST:,} are accepted in one request")
    found = {}
    for user, value in document.items():
        try:
            found[read_id(user)] = read_money(value)
        except ValueRefused as reason:
            problems.add(f"$.{user if user.isalnum() else shown(user)}", str(reason))
    problems.refuse()
    return found


read_money = read_number(MONEY_MOST, "money")
