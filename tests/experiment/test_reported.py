"""Files that people have, each the smallest of its kind: what the report on it must say."""

import json
from pathlib import Path

import numpy as np
import pandas
import pytest
from click.testing import CliRunner

from liftstream import experiment
from liftstream.cli.app import liftstream
from liftstream.contracts.errors import LiftstreamError
from liftstream.experiment import Moments, Plan

FILES = Path(__file__).parent / "reported"


def ask(file: str, *options: str, piped: bool = False) -> tuple[int, dict[str, object], str]:
    """Exit code, document and what was said on stderr."""
    path = FILES / file
    command = ["analyze", "-" if piped else str(path), *options, "--json"]
    done = CliRunner().invoke(liftstream, command, input=path.read_bytes() if piped else None)
    if isinstance(done.exception, LiftstreamError):
        return done.exception.exit_code, {}, str(done.exception)
    assert done.exception is None, done.exception
    return done.exit_code, json.loads(done.stdout), done.stderr


def test_a_gain_below_the_margin_is_no_improvement_and_never_harm() -> None:
    _, found, _ = ask("margin.csv", "--margin", "2")
    assert found["verdict"] == "no improvement"
    assert str(found["sentence"]).startswith("No improvement by more than 2.00 $ was found")
    assert "against a margin of 2.00 $" in str(found["sentence"])


def test_a_gain_below_the_margin_does_not_stop_as_a_loss_at_an_early_look() -> None:
    plan = experiment.plan(effect=4, sd=0.8, margin=2, looks=3, n=300)
    arms = {"original": Moments.from_summary(100, 20, 0.8), "candidate": Moments.from_summary(100, 21, 0.8)}
    ledger = experiment.take_look(plan, experiment.Ledger.of(plan), arms)
    assert experiment.verdict(plan, ledger).verdict == "running"
    worse = {**arms, "candidate": Moments.from_summary(100, 19, 0.8)}
    ledger = experiment.take_look(plan, experiment.Ledger.of(plan), worse)
    assert experiment.verdict(plan, ledger).verdict == "harms"


def test_a_candidate_without_any_sale_harms_and_only_the_share_has_no_interval() -> None:
    _, found, _ = ask("nothing.csv")
    assert found["verdict"] == "harms"
    assert found["pvalue_harm"] == pytest.approx(6e-12, rel=0.2)
    (candidate,) = found["candidates"]
    assert candidate["relative"] is None
    assert "no error of its own" in candidate["relative_note"]


@pytest.mark.parametrize("piped", [False, True])
def test_large_ids_stay_apart_and_a_blank_one_is_named_by_its_row(piped: bool) -> None:
    code, _, said = ask("big.csv", piped=piped)
    assert code == 2
    assert "client must name a client in every row; 1 row has none, it is row 5" in said
    assert len(said.splitlines()) == 1
    _, found, _ = ask("big.csv", "--blank-clients", "own", piped=piped)
    assert (found["clients"], found["n_original"], found["n_candidate"]) == (5, 3, 2)
    _, found, _ = ask("big.csv", "--blank-clients", "drop", piped=piped)
    assert (found["clients"], found["dropped"], found["n_original"]) == (4, 1, 2)


@pytest.mark.parametrize("piped", [False, True])
def test_leading_zeros_make_another_client(piped: bool) -> None:
    _, found, _ = ask("zeros.csv", piped=piped)
    assert (found["clients"], found["n_original"], found["n_candidate"]) == (6, 3, 3)


def test_guests_without_an_id_are_clients_of_their_own_if_asked() -> None:
    code, _, said = ask("blank.csv")
    assert (code, "3 rows have none, the first is row 5" in said) == (2, True)
    _, found, _ = ask("blank.csv", "--blank-clients", "own")
    assert found["n_candidate"] == 5
    (told,) = [check for check in found["checks"] if check["name"] == "blanks"]
    assert told["sentence"] == "3 rows without a client counted as clients of their own"


def test_what_was_done_with_one_row_is_said_of_one() -> None:
    data = {"arm": ["original", "candidate"] * 10, "revenue": [1.0, 2.0, None, *[3.0, 5.0] * 8, 4.0]}
    for how, said in (("zero", "1 blank of revenue taken as 0"), ("drop", "1 row with a blank left out")):
        notes = experiment.analyze(data, blank_revenue=how).checks
        assert [note.sentence for note in notes if note.name == "blanks"] == [said]


def test_a_smaller_loss_is_a_gain_as_a_share_too() -> None:
    _, found, _ = ask("neg.csv")
    (candidate,) = found["candidates"]
    assert (found["effect"], candidate["relative"]["effect"]) == (5, pytest.approx(0.5))
    arms = [Moments.from_summary(3, mean, 1.0) for mean in (-10.0, -5.0)]
    for test in (experiment.relative_delta, experiment.relative_log):
        share = test(*arms)
        assert share.effect == pytest.approx(0.5)
        assert share.pvalue < 0.05
        assert 0 < share.ci_low < 0.5 < share.ci_high
    low, high = experiment.fieller(*arms)
    assert low < 0.5 < high
    mirrored = experiment.fieller(*[Moments.from_summary(3, mean, 1.0) for mean in (10.0, 5.0)])
    assert (low, high) == pytest.approx((-mirrored.high, -mirrored.low))


def test_an_id_that_repeats_is_pointed_out_with_what_to_type() -> None:
    _, found, _ = ask("uid.csv")
    (told,) = [check for check in found["checks"] if check["name"] == "rows"]
    assert told["status"] == "warning"
    assert "user_id" in told["sentence"]
    assert "40 values in 120 rows" in told["sentence"]
    assert "--client user_id" in told["sentence"]
    _, named, _ = ask("uid.csv", "--client", "user_id")
    assert (named["rows"], named["clients"]) == (120, 40)


def test_options_that_a_plan_fixes_are_refused_beside_it() -> None:
    code, _, said = ask("p.csv", "--plan", str(FILES / "plan.json"), "--alpha", "0.001", "--cap", "5")
    assert code == 2
    assert "--alpha, --cap" in said
    code, found, _ = ask("p.csv", "--plan", str(FILES / "plan.json"))
    assert (code, found["verdict"]) == (0, "improves")
    sealed = Plan.from_dict(json.loads((FILES / "plan.json").read_text())["plan"])
    with pytest.raises(ValueError, match="margin must be absent with a plan"):
        experiment.analyze(pandas.read_csv(FILES / "p.csv"), plan=sealed, margin=1.0)


def test_clients_that_are_all_in_both_arms_get_a_sentence() -> None:
    code, _, said = ask("both.csv")
    assert code == 2
    assert "each of the 2 clients was seen in more than one arm" in said
    assert "nan" not in said
    both = pandas.DataFrame(
        {
            "client": [*"aabbccdd"],
            "arm": ["original", "candidate"] * 2 + ["candidate"] * 4,
            "revenue": range(8),
        }
    )
    first = experiment.analyze(both, crossed="first")
    assert first.clients == 4
    assert "counted in the arm where they were first" in first.checks[-1].sentence


def test_another_arm_may_be_called_original() -> None:
    _, found, _ = ask("orig.csv", "--original", "control")
    assert [(arm["arm"], arm["mean"]) for arm in found["arms"]] == [
        ("original", 2.0),
        ("original (arm)", 1.5),
    ]


def test_semicolons_and_decimal_commas_are_read_and_said() -> None:
    _, found, _ = ask("semi.csv")
    assert [arm["mean"] for arm in found["arms"]] == [2.0, 2.5]
    assert found["read_as"] == ["cells separated by semicolon", "decimal commas"]


def test_a_planned_arm_that_never_came_is_the_alarm() -> None:
    plan = experiment.plan(effect=3, sd=8)
    found = experiment.analyze({"arm": ["original"] * 100, "revenue": np.arange(100.0)}, plan=plan)
    assert found.verdict.status == "alarm"
    assert "no client of candidate came" in found.verdict.sentence
    weighted = {"original": 1, "candidate": 1, "other": 1}
    data = {"arm": ["original", "candidate"] * 50, "revenue": np.arange(100.0)}
    assert experiment.analyze(data, weights=weighted).verdict.status == "alarm"


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("margin.csv", {}),
        ("zeros.csv", {}),
        ("uid.csv", {"client": "user_id"}),
        ("blank.csv", {"blank_clients": "own"}),
    ],
)
def test_python_and_the_command_line_give_the_same_answer(file: str, options: dict[str, str]) -> None:
    typed = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    _, found, _ = ask(file, *typed)
    frame = pandas.read_csv(FILES / file, dtype={"client": str, "user_id": str})
    report = experiment.analyze(frame, **options)
    assert (report.verdict.pvalue, report.verdict.effect) == (found["pvalue"], found["effect"])
