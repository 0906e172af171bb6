"""A stream of 40 features of every type, described by whole numbers: score = age + 10 x number of features that are
"on"."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np

from liftstream.prove.traffic.arithmetic import regression
from liftstream.prove.traffic.clients import DrawnClients

WEIGHT: Final = 10
THRESHOLD: Final = 130
ON_SHARE: Final = 0.2
"""Share of features that are "on", so that about half of the clients reach the threshold."""
NUMBERS, TEXTS, FLAGS, BOOLEANS = 10, 5, 2, 2
WORDS: Final = tuple(f"in {word}" for word in ("Wien", "Köln", "Łódź", "São Paulo", "Rome", "a: b", "Oslo"))
ON_DAY, OFF_DAY = "2024-02-29", "2023-01-01"


def _names(prefix: str) -> list[str]:
    """The features of a side except the age, in their order."""
    numbers = NUMBERS - (prefix == "p")
    kinds = (("n", numbers), ("t", TEXTS), ("f", FLAGS), ("b", BOOLEANS))
    return [f"{prefix}{kind}{at}" for kind, count in kinds for at in range(count)] + [f"{prefix}day"]


NAMES: Final = {prefix: _names(prefix) for prefix in "ph"}
ALL: Final = [name for names in NAMES.values() for name in names]
ON: Final = dict.fromkeys(ALL, WEIGHT) | {
    name: 2 * WEIGHT for name in ALL if name[1] == "n" and int(name[2]) % 2
}
"""What the model adds for a value of 1; features with odd numbers have the value 0.5 when they are on."""


def _feature(name: str) -> str:
    kind = name[1]
    if kind == "n":
        return f"{name}: {{type: number, missing: 0}}"
    if kind == "t":
        return f"{name}: {{path: at.{name}, type: text, missing: nowhere}}"
    if kind == "f":
        return f"{name}: {{type: flag}}"
    return f"{name}: {{type: date}}" if kind == "d" else f"{name}: {{type: boolean}}"


def _side(name: str, topic: str, features: Sequence[str]) -> str:
    listed = "".join(f"\n      {one}" for one in features)
    return f"\n  {name}:\n    topic: {topic}\n    id: {{path: card.id, type: uuid}}\n    features:{listed}"


DEFINITION: Final = (
    "name: mixed\nwindow_s: ${PIPELINE__JOIN_WINDOW_S}\nsides:"
    + _side(
        "payment",
        "${KAFKA__TOPIC_DEMOGRAPHIC}",
        ["age: {type: number, range: [0, 130]}", *map(_feature, NAMES["p"])],
    )
    + _side("history", "${KAFKA__TOPIC_HISTORIC}", list(map(_feature, NAMES["h"])))
    + "\nanswer:\n  topic: ${KAFKA__TOPIC_PREDICTION}\n  fields: {uuid: id, value: decision, token: token}\n"
)


def id_text(uuid: int) -> str:
    """A client's number as a UUID."""
    return str(UUID(int=uuid))


def id_of_payment(uuid: int) -> str:
    """The UUID as the payment's record writes it, and so its answer: in capitals for every fourth client."""
    return id_text(uuid).upper() if uuid % 4 == 1 else id_text(uuid)


def draw(rng: np.random.Generator, uuids: Sequence[int], age: int | None = None) -> DrawnClients:
    """Clients with the numbers given, all of the same age if one is given."""
    on = rng.random((len(uuids), len(ALL))) < ON_SHARE
    ages = (rng.integers(18, 90, len(uuids)) if age is None else np.full(len(uuids), age)).tolist()
    values = (np.array(ages) + WEIGHT * on.sum(axis=1) >= THRESHOLD).astype(int).tolist()
    halves: tuple[list[bytes], list[bytes]] = ([], [])
    for uuid, old, row in zip(uuids, ages, on.tolist(), strict=True):
        told = dict(zip(ALL, row, strict=True))
        for half, prefix in zip(halves, "ph", strict=True):
            half.append(_written(uuid, prefix, {"age": old} if prefix == "p" else {}, told))
    return DrawnClients(list(uuids), halves, values)


def _written(uuid: int, prefix: str, own: dict[str, Any], on: dict[str, bool]) -> bytes:
    written = id_of_payment(uuid) if prefix == "p" else id_text(uuid)
    record: dict[str, Any] = {"card": {"id": written}, **own, "at": {}}
    for at, name in enumerate(NAMES[prefix]):
        if name[1] == "t" and (on[name] or (uuid + at) % 3):
            record["at"][name] = WORDS[(uuid + at) % len(WORDS)] if on[name] else f"off {(uuid + at) % 11}"
        elif name[1] != "t" and (name[1] != "n" or on[name] or (uuid + at) % 2):
            record[name] = _value(name, is_on=on[name])
    return json.dumps(record, separators=(",", ":"), ensure_ascii=bool(uuid % 2)).encode()


def _value(name: str, *, is_on: bool) -> Any:
    kind = name[1]
    if kind == "n" and int(name[2]) % 2:
        return 0.5 * is_on
    if kind == "d":
        return ON_DAY if is_on else OFF_DAY
    return is_on if kind == "b" else int(is_on)


def odd_halves(uuid: int) -> tuple[list[bytes], list[bytes]]:
    """Halves that are read although they are written oddly, nothing of them "on": duplicate keys, capitals,
    unknown keys."""
    off = dict.fromkeys(ALL, False)
    own, text = id_text(uuid).encode(), id_text(uuid).upper().encode()
    payment, history = (_written(uuid, prefix, {"age": 40} if prefix == "p" else {}, off) for prefix in "ph")
    return (
        [
            payment.replace(b'"age":40', b'"age":7,"age":40'),
            payment.replace(b'"card":{', b'"card":{"issuer":null,'),
            payment.replace(b'"age":40', b'"age":40.0'),
            b"\n " + payment.replace(b'"age":40', b'"age" : 40 , "since":"\\u00e9:"') + b" ",
        ],
        [
            history.replace(b'"at":{', b'"at":{"ht0":"in Wien","ht0":"off 1",'),
            history.replace(b'"at":{', b'"unheard of":[1],"at":{'),
            history.replace(own, text),
            history,
        ],
    )


def document(*, inverse: bool = False, needs: Sequence[str] = ()) -> str:
    """The model as PMML.

    Args:
        inverse: decides the opposite everywhere.
        needs: additional fields, which make it unfit for the stream.
    """
    sign, intercept = (-1, 2 * THRESHOLD - 1) if inverse else (1, 0)
    typed = {name: ("categorical", "string" if name[1] == "t" else "date") for name in ALL if name[1] in "td"}
    fields = {name: typed.get(name, ("continuous", "double")) for name in (*ALL, *needs)}
    return regression(fields, sign, intercept, "".join(_terms(sign)))


def _terms(sign: int) -> list[str]:
    numeric = [name for name in ALL if name[1] in "nfb"]
    terms = [f'<NumericPredictor name="{name}" coefficient="{sign * ON[name]}"/>' for name in numeric]
    worded = [
        (name, word) for name in ALL if name[1] in "td" for word in (WORDS if name[1] == "t" else [ON_DAY])
    ]
    return terms + [
        f'<CategoricalPredictor name="{name}" value="{word}" coefficient="{sign * WEIGHT}"/>'
        for name, word in worded
    ]
