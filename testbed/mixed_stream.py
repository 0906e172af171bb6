"""A stream that is not the shop's: 40 features of every type, ten of them texts, joined by UUID; its model, records and
answers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream import scoring

SIDES: Final = {"p": "payment", "h": "history", "d": "device"}
"""By the letter that the names of their features begin with."""
THRESHOLD: Final = 0.5
COUNTRIES: Final = ("DE", "FR", "IT", "ES", "PT", "United Kingdom", "Österreich", "US")
WORDS: Final = tuple(f"{kind} {number}" for kind in ("card", "voucher", "invoice") for number in range(9))
OTHER: Final = "??"
"""What the model gets in the place of a text that is missing."""

DECIMALS: Final = 4
"""Of the numbers of a side, how many have two digits after the point."""
NUMBERS: Final = 12
TEXTS: Final = 5


def write_definition(file: Path, sides: str = "ph") -> Path:
    """The definition, whose topics are those of the settings, of a third side a topic of its own."""
    named = "".join(_side(prefix, TOPICS[prefix]) for prefix in sides)
    file.write_text(
        f"name: mixed\nwindow_s: ${{PIPELINE__JOIN_WINDOW_S}}\nsides:{named}"
        "answer:\n  topic: ${KAFKA__TOPIC_PREDICTION}\n"
        "  fields: {uuid: id, value: decision, risk: score, token: token}\n",
        encoding="utf-8",
    )
    return file


TOPICS: Final = {"p": "${KAFKA__TOPIC_DEMOGRAPHIC}", "h": "${KAFKA__TOPIC_HISTORIC}", "d": "topic_device"}


def _side(prefix: str, topic: str) -> str:
    numbers = [f"{prefix}n{number}: {{type: number, {_rule(number)}}}" for number in range(NUMBERS)]
    texts = [
        f'{prefix}t{number}: {{path: at.{prefix}t{number}, type: text, missing: "{OTHER}"}}'
        for number in range(TEXTS)
    ]
    others = [
        f"{prefix}day: {{type: date}}",
        f"{prefix}flag: {{type: flag}}",
        f"{prefix}is: {{type: boolean, missing: false}}",
    ]
    features = "".join(f"\n      {one}" for one in (*numbers, *texts, *others))
    return (
        f"\n  {SIDES[prefix]}:\n    topic: {topic}\n    id: {{path: card.id, type: uuid}}"
        f"\n    features:{features}\n"
    )


def _rule(number: int) -> str:
    return ("missing: 0", "range: [0, 1000000]", "missing: null")[number % 3]


@dataclass(frozen=True)
class MixedMessages:
    """Records of every topic, and what their features are, by column."""

    uuids: list[str]
    halves: tuple[list[bytes], ...]
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.uuids)

    def scores(self, model: Path) -> dict[str, float]:
        """What each id is to be scored, by the model outside of any pipeline."""
        scores = scoring.load(model).scores(self.columns)
        return dict(zip(self.uuids, scores.tolist(), strict=True))

    def values(self, model: Path, threshold: float) -> dict[str, int]:
        """What each id is to be answered."""
        return {uuid: int(score >= threshold) for uuid, score in self.scores(model).items()}


def make_mixed(count: int, seed: int = 1, sides: str = "ph") -> MixedMessages:
    """Records of made-up payments.

    Args:
        count: how many of each topic.
        seed: of everything.
        sides: letters of `SIDES`.
    """
    rng = np.random.default_rng(seed)
    uuids = [_uuid(one) for one in rng.bytes(16 * count).hex(" ", 16).split()]
    columns, halves = dict[str, NDArray[Any]](), []
    for prefix in sides:
        found, records = _draw_side(prefix, rng, count)
        columns |= found
        halves.append([_written(uuid, record) for uuid, record in zip(uuids, records, strict=True)])
    return MixedMessages(uuids, tuple(halves), columns)


def _uuid(hexes: str) -> str:
    return "-".join((hexes[:8], hexes[8:12], hexes[12:16], hexes[16:20], hexes[20:]))


def _written(uuid: str, record: dict[str, Any]) -> bytes:
    return json.dumps({"card": {"id": uuid}} | record, separators=(",", ":"), ensure_ascii=False).encode()


def _draw_side(
    prefix: str, rng: np.random.Generator, count: int
) -> tuple[dict[str, NDArray[Any]], list[dict[str, Any]]]:
    """Features by column, and the records that say so."""
    columns: dict[str, NDArray[Any]] = {}
    for number in range(NUMBERS):
        if number < DECIMALS:
            columns[f"{prefix}n{number}"] = rng.integers(0, 100_000, count) / 100
        else:
            columns[f"{prefix}n{number}"] = rng.integers(0, 10 ** (1 + number % 5), count).astype(float)
    columns[f"{prefix}n2"][rng.random(count) < 0.05] = np.nan
    for number in range(TEXTS):
        words = np.array(COUNTRIES if number == 0 else WORDS[: 5 + 4 * number], object)
        columns[f"{prefix}t{number}"] = words[rng.integers(0, len(words), count)]
    columns[f"{prefix}t1"][rng.random(count) < 0.05] = OTHER
    days = np.datetime64("2023-01-01") + rng.integers(0, 700, count)
    columns[f"{prefix}day"] = np.array(days.astype(str).tolist(), object)
    columns[f"{prefix}flag"] = rng.integers(0, 2, count).astype(float)
    columns[f"{prefix}is"] = rng.integers(0, 2, count).astype(float)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return columns, [_record(prefix, dict(zip(columns, row, strict=True))) for row in rows]


def _record(prefix: str, said: dict[str, Any]) -> dict[str, Any]:
    texts = {f"{prefix}t{number}": said.pop(f"{prefix}t{number}") for number in range(TEXTS)}
    numbers = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in said.items()
        if value == value
    }
    numbers[f"{prefix}is"] = bool(said[f"{prefix}is"])
    return numbers | {"at": {name: text for name, text in texts.items() if text != OTHER}, "by": "gateway 7"}


def write_model(file: Path, sides: str = "ph") -> Path:
    """A logistic regression on all of it, as PMML; the score is the probability of class 1."""
    rng, fields, mined, terms, derived = np.random.default_rng(5), [], [], [], []
    for prefix in sides:
        numeric = [*(f"{prefix}n{number}" for number in range(NUMBERS)), f"{prefix}flag", f"{prefix}is"]
        for name in numeric:
            fields.append(f'<DataField name="{name}" optype="continuous" dataType="double"/>')
            mined.append(f'<MiningField name="{name}" missingValueReplacement="3"/>')
            number = int(name[2:]) if name[2:].isdigit() else 0
            size = 1000 if number < DECIMALS else 10 ** (1 + number % 5)
            terms.append(_numeric(name, float(rng.normal()) / (size if name[1] == "n" else 2)))
        for number in range(TEXTS):
            name = f"{prefix}t{number}"
            fields.append(f'<DataField name="{name}" optype="categorical" dataType="string"/>')
            mined.append(f'<MiningField name="{name}"/>')
            words = COUNTRIES if number == 0 else WORDS[: 5 + 4 * number]
            terms += [
                f'<CategoricalPredictor name="{name}" value="{word}" coefficient="{rng.normal() / 2:.6f}"/>'
                for word in words
            ]
        fields.append(f'<DataField name="{prefix}day" optype="ordinal" dataType="date"/>')
        mined.append(f'<MiningField name="{prefix}day"/>')
        derived.append(
            f'<DerivedField name="{prefix}age" optype="continuous" dataType="double"><Apply function="-">'
            f'<Apply function="dateDaysSinceYear"><FieldRef field="{prefix}day"/><Constant>2023</Constant></Apply>'
            "<Constant>350</Constant></Apply></DerivedField>"
        )
        terms.append(_numeric(f"{prefix}age", float(rng.normal()) / 350))
    file.write_text(
        '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>'
        + "".join(fields)
        + '<DataField name="y" optype="categorical" dataType="string"><Value value="1"/><Value value="0"/></DataField>'
        "</DataDictionary><TransformationDictionary>" + "".join(derived) + "</TransformationDictionary>"
        '<RegressionModel functionName="classification" normalizationMethod="logit"><MiningSchema>'
        + "".join(mined)
        + '<MiningField name="y" usageType="target"/></MiningSchema>'
        '<RegressionTable intercept="0.1" targetCategory="1">' + "".join(terms) + "</RegressionTable>"
        '<RegressionTable intercept="0" targetCategory="0"/></RegressionModel></PMML>',
        encoding="utf-8",
    )
    return file


def _numeric(name: str, coefficient: float) -> str:
    return f'<NumericPredictor name="{name}" coefficient="{coefficient:.9f}"/>'
