"""Data objects made by hand: users whose monthly spending is given, each month one purchase of a product of that price."""

from dataclasses import replace
from typing import Any

import numpy as np

from liftstream.forecast.history import History

MONTHLY = {
    139: [8568.86, 496.26, 74.89, 2763.88, 360.97, 4893.80, 3197.19, 708.78, 64.80, 911.96, 1359.46],
    242: [5360.87, 2305.46, 6903.98, 7634.89, 13109.85, 2270.86, 198.96, 2927.87, 1484.48, 1416.00, 904.96],
    143: [193.80, 0, 2328.90, 0, 553.00, 218.89, 0, 109.00, 3745.69, 64.80, 0],
}
"""Spending from January to November of the three users of the published report."""
NEXT = {"139": 180.71, "242": 533.24, "143": 830.67}
"""What it says that the trend predicts for December."""


def data_object(monthly: dict[int, list[float]], year: int = 2021) -> dict[str, Any]:
    """Users who look in every month and buy where something is spent."""
    sessions, products = [], []
    for user, values in monthly.items():
        for number, value in enumerate(values, start=1):
            product = 100 * user + number
            event = {
                "session_id": product,
                "timestamp": f"{year}-{number:02}-15T12:00:00",
                "user_id": user,
                "product_id": product,
                "event_type": "VIEW_PRODUCT",
                "offered_discount": 0,
                "purchase_id": None,
            }
            products.append(
                {
                    "product_id": product,
                    "product_name": f"Thing {product}",
                    "category_path": "Things",
                    "price": value,
                }
            )
            sessions.append(event)
            if value:
                sessions.append({**event, "event_type": "BUY_PRODUCT", "purchase_id": product})
    users = [
        {"user_id": user, "name": f"User {user}", "city": "Radom", "street": "Long Street 1"}
        for user in monthly
    ]
    return {"users": users, "sessions": sessions, "products": products, "deliveries": []}


def only(history: History, chosen: list[int]) -> History:
    """Some of the users with their events, in the order given."""
    place = np.full(len(history.users), -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    kept = history.take(place[history.user] >= 0)
    users, cities = [history.users[i] for i in chosen], [history.cities[i] for i in chosen]
    return replace(kept, users=users, cities=cities, user=place[kept.user])
