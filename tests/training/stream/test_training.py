"""A model for any stream: trained on files with the features of its definition, exported, proved, judged."""

import csv
import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from liftstream.cli.app import liftstream
from liftstream.contracts.errors import InputError
from liftstream.scoring import load
from liftstream.streams.definition import Feature, Stream
from liftstream.streams.definition_file import read_definition
from liftstream.streams.paths import parse_path
from tests.streams.definitions import REFERENCES
from training.stream.fitting import MOST_WORDS, fit_stream_model
from training.stream.rows import StreamRows
from training.stream.training import fields_of, model_file, train_for_stream

DEFINITION = """
name: card risk
sides:
  payment:
    topic: a
    id: {path: card, type: uuid}
    features:
      amount: {type: number, missing: null}
      foreign: {type: boolean}
      country: {type: text, missing: null}
      shop kind: {type: text}
      issued_on: {type: date, missing: "1900-01-01"}
      seen_at: {type: datetime, missing: "1900-01-01T00:00:00"}
      paid_at: {type: time}
model: {AMOUNT: amount}
answer:
  fields: {card: id, value: decision}
"""
DAYS = np.array(["2003-05-06", "2025-06-01", "1900-01-01"], dtype=object)
TIMES = np.array(["2003-05-06T10:00:00", "2025-06-01T23:59:59.500000"], dtype=object)


def stream() -> Stream:
    return read_definition(DEFINITION, "cards.yaml", REFERENCES)


def draw(count: int, seed: int) -> StreamRows:
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        "amount": np.where(rng.random(count) < 0.1, np.nan, np.round(rng.uniform(0, 100, count), 2)),
        "foreign": rng.integers(0, 2, count).astype(np.float64),
        "country": np.array(["DE", "FR", None], dtype=object)[rng.integers(0, 3, count)],
        "shop kind": np.array(["a b", "c'd", 'e"f'], dtype=object)[rng.integers(0, 3, count)],
        "issued_on": DAYS[rng.integers(0, 3, count)],
        "seen_at": TIMES[rng.integers(0, 2, count)],
        "paid_at": np.full(count, "10:00:00", dtype=object),
    }
    french, new = columns["country"] == "FR", columns["issued_on"] == DAYS[1]
    log_odds = -2.0 + 2.0 * french + new + np.nan_to_num(columns["amount"]) / 50
    label = (rng.random(count) < 1 / (1 + np.exp(-log_odds))).astype(np.uint8)
    return StreamRows(columns, label, np.where(label, 3.0, -2.0), "drawn", "made up")


@pytest.mark.parametrize(
    ("name", "file"), [("отток клиентов", "отток_клиентов.pmml"), ("../a", "a.pmml"), ("?", "stream.pmml")]
)
def test_a_model_is_called_as_its_stream_in_any_script(tmp_path: Path, name: str, file: str) -> None:
    assert model_file(tmp_path, replace(stream(), name=name)) == tmp_path / file


@pytest.mark.slow
def test_the_exported_model_is_the_trained_one_and_serves_the_stream(tmp_path: Path) -> None:
    file = model_file(tmp_path, stream())
    assert file.name == "card_risk.pmml"
    held_out = draw(2_000, 2)
    trained = train_for_stream(
        stream(), draw(3_000, 1), held_out, file, 5, "2026-01-01", lambda _: nullcontext()
    )
    card = trained.judged.card
    assert card.metrics["parity"]["liftstream"] < 1e-12
    assert card.metrics["auc"]["value"] > 0.75
    assert (card.rows, card.seed) == (3_000, 5)
    assert trained.left_out == (
        "paid_at is a time of the day, which is not learned from; give its hour as a number",
    )
    file.write_bytes(trained.pmml)
    model = load(file)
    assert {one.name: one.datatype for one in model.offer.inputs} == {
        "AMOUNT": "double",
        "foreign": "double",
        "country": "string",
        "shop kind": "string",
        "issued_on": "date",
        "seen_at": "dateTime",
    }
    again = train_for_stream(
        stream(), draw(3_000, 1), held_out, file, 5, "2026-01-01", lambda _: nullcontext()
    )
    assert again.pmml == trained.pmml


def test_what_cannot_be_learned_from_is_left_out_with_its_reason() -> None:
    rows = draw(1_500, 3)
    rows.columns["shop kind"][:] = [f"shop {number % (MOST_WORDS + 1)}" for number in range(1_500)]  # type: ignore[index]
    rows.columns["amount"][:] = np.nan  # type: ignore[index]
    fields = fields_of(stream()) | {"maybe": Feature("issued_on", parse_path("x"), "date", missing=None)}
    fitted = fit_stream_model(rows, fields, 1)
    assert set(fitted.fields) == {"foreign", "country", "issued_on", "seen_at"}
    assert fitted.left_out == (
        "amount is missing in every row",
        "shop kind has 201 different texts, more than 200; group them before",
        "paid_at is a time of the day, which is not learned from; give its hour as a number",
        "issued_on is a date that may be missing; give a missing one a date in the definition",
    )
    with pytest.raises(InputError, match="no feature to learn from: paid_at is a time"):
        fit_stream_model(rows, {"paid_at": fields["paid_at"]}, 1)


def write_files(folder: Path, rows: StreamRows) -> None:
    folder.mkdir()
    names = list(rows.columns)
    with (folder / "X_train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["idx", *reversed(names)])
        for row in range(len(rows)):
            values = {name: rows.columns[name][row] for name in names}
            values["foreign"] = bool(values["foreign"])
            cells = [values[name] for name in reversed(names)]
            writer.writerow([row, *("" if one is None or one != one else one for one in cells)])
    labels = "".join(f"{row},{label}\n" for row, label in enumerate(rows.label.tolist()))
    (folder / "y_train.csv").write_text(f"idx,label\n{labels}")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(liftstream, ["train", *map(str, arguments)], catch_exceptions=False)


@pytest.mark.slow
def test_train_takes_any_columns_with_a_definition_and_writes_model_card_and_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cards.yaml").write_text(DEFINITION)
    write_files(Path("rows"), draw(2_400, 4))
    money = ("--gain", 3, "--loss", 2)
    found = run("--data", "rows", "--stream", "cards.yaml", *money, "--out", "models", "--json")
    document = json.loads(found.stdout)
    assert document["model"] == "models/card_risk.pmml"
    assert document["left_out"][0].startswith("paid_at is a time of the day")
    assert "Trained on" not in document["about"]
    assert "trained on 1,608 rows" in document["about"]
    assert "Judged on 792 rows: a third of X_train.csv in rows" in document["about"]
    assert Path("models/card_risk.json").is_file()
    assert Path("models/report/card_risk-profit.png").read_bytes().startswith(b"\x89PNG")
    checked = CliRunner().invoke(liftstream, ["model", "check", document["model"], "--stream", "cards.yaml"])
    assert checked.exit_code == 0, checked.output
    assert "golden rows   16 of its card, all agree" in checked.stdout


def test_a_cell_that_the_definition_does_not_accept_is_named(tmp_path: Path) -> None:
    (tmp_path / "cards.yaml").write_text(DEFINITION)
    rows = draw(1_200, 4)
    rows.columns["issued_on"][7] = "yesterday"  # type: ignore[index]
    write_files(tmp_path / "rows", rows)
    with pytest.raises(InputError, match="X_train.csv, row 8, column issued_on: 'yesterday'"):
        run(
            "--data",
            tmp_path / "rows",
            "--stream",
            tmp_path / "cards.yaml",
            "--gain",
            3,
            "--loss",
            2,
            "--out",
            tmp_path,
        )


@pytest.mark.parametrize("given", [(), ("--data", "rows")])
def test_a_stream_needs_data_and_its_own_money(given: tuple[str, ...]) -> None:
    result = CliRunner().invoke(
        liftstream, ["train", "--stream", "cards.yaml", *given], standalone_mode=False
    )
    assert isinstance(result.exception, click.UsageError)
    assert "--stream goes with --data" in str(result.exception.message)
