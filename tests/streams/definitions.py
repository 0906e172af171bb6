"""Stream definitions and a record that several tests read."""

from typing import Any

from liftstream.contracts.settings import load_settings
from liftstream.streams.definition import Stream
from liftstream.streams.definition_file import read_definition
from liftstream.streams.loading import load_stream, references

SETTINGS = load_settings(environment={})
REFERENCES = {"PIPELINE__JOIN_WINDOW_S": "3", "KAFKA__TOPIC_PREDICTION": "out"}
"""Settings that a definition may name."""
CARD = """\
name: card-risk
window_s: 60
sides:
  payment:
    topic: topic_payment
    id: {path: card.id, type: uuid}
    time: {path: paid_at, unit: iso}
    features:
      amount: {type: number, range: [0, 100000]}
      country: {path: shop.country, type: text, missing: "??"}
      channel: {type: text, categories: [web, shop, no]}
      price0: {path: "basket[0].price", type: number, missing: 0}
      paid_on: {type: date, missing: null}
      foreign: {type: boolean, missing: false}
  history:
    topic: topic_history
    format: avro
    id: {key: true, type: uuid}
    features:
      seen: {type: datetime, unit: ms, missing: null}
      months: {path: months, names: [m08..m10, older], type: number, missing: null}
model: {AMOUNT: amount}
decision: class
answer:
  topic: topic_risk
  key: none
  fields: {card: id, class: decision, risk: probability(fraud), reason: output(Reason Code), model: sha256}
"""
CARD_ID = "6f1e0a52-4f0b-4c57-9d2e-0c5f8f2b9a11"
PAID: dict[str, Any] = {
    "card": {"id": CARD_ID},
    "paid_at": "2024-03-01T10:30:00.25+01:00",
    "amount": 12.5,
    "shop": {"country": "NO"},
    "channel": "no",
    "basket": [{"price": 3}],
    "paid_on": "2024-03-01",
    "foreign": True,
}


def read(text: str) -> Stream:
    """The stream of a definition's text."""
    return read_definition(text, "card.yaml", references(SETTINGS))


def card() -> Stream:
    """Payments and their history: two sides, of every type of feature."""
    return read(CARD)


def silocompro() -> Stream:
    """The shipped one."""
    return load_stream(SETTINGS)
