"""`liftstream bandit`: what its three commands print, draw, accept and refuse."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from liftstream.cli.app import liftstream
from liftstream.contracts.errors import LiftstreamError


def call(*arguments: str) -> Result:
    return CliRunner().invoke(liftstream, ["bandit", *arguments])


def document(*arguments: str) -> dict[str, Any]:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(*arguments: str) -> tuple[int, str]:
    """Exit code and message, of click's errors and of ours."""
    result = call(*arguments)
    if isinstance(result.exception, LiftstreamError):
        return result.exception.exit_code, str(result.exception)
    return result.exit_code, result.output


def write_log(path: Path, rows: int = 3000, *, quanta: bool = False) -> Path:
    """A log of a uniform policy over arms that earn 0.1, 0.3 and 0.2."""
    rng = np.random.default_rng(1)
    arm = rng.integers(0, 3, rows)
    reward = rng.random(rows) < np.array([0.1, 0.3, 0.2])[arm]
    lines = [
        f"{'abc'[a]},{int(r)},0.3333333333,{i // 3 if quanta else ''}"
        for i, (a, r) in enumerate(zip(arm, reward, strict=True))
    ]
    header = "arm,reward,propensity,quantum" if quanta else "arm,reward,propensity,note"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_simulate_prints_regret_of_every_policy_at_several_steps() -> None:
    found = document(
        "simulate",
        "--runs",
        "20",
        "--steps",
        "500",
        "--policy",
        "ucb1:constant=1",
        "--policy",
        "thompson:prior=1/1",
    )
    ucb1, thompson = found["policies"]
    assert (ucb1["policy"], ucb1["parameters"]["constant"]) == ("ucb1", 1)
    assert (thompson["policy"], thompson["parameters"]["prior"]) == ("thompson", [1, 1])
    for one in found["policies"]:
        assert one["steps"] == [50 * k for k in range(1, 11)]
        assert len(one["regret"]) == len(one["se"]) == len(one["share_of_best"]) == 10
        assert one["regret"] == sorted(one["regret"])
    assert len(found["lai_robbins"]) == 10


def test_the_same_seed_gives_the_same_figures_and_another_does_not() -> None:
    arguments = ("simulate", "--runs", "5", "--steps", "200", "--policy", "thompson")
    first = document(*arguments)
    assert document(*arguments) == first
    assert document(*arguments, "--seed", "2") != first


@pytest.mark.parametrize(
    ("environment", "more"),
    [
        ("delayed", ["--delay", "50"]),
        ("turnover", []),
        ("news", []),
        ("drift", ["--means", ".1,.2,.3"]),
        ("season", ["--start", "trough", "--means", ".9,1.1"]),
    ],
)
def test_every_world_can_be_played(environment: str, more: list[str]) -> None:
    found = document("simulate", "--environment", environment, "--runs", "3", "--steps", "60", *more)
    assert found["environment"] == environment
    assert len(found["policies"]) >= 2
    assert found["lai_robbins"] is None or environment == "delayed"


def test_a_file_is_played_and_its_reward_told(tmp_path: Path) -> None:
    file = tmp_path / "rounds.csv"
    rounds = (np.random.default_rng(1).random((300, 2)) < [0.2, 0.7]).astype(int)
    file.write_text("﻿left,right\n" + "\n".join(f"{a},{b}" for a, b in rounds) + "\n", encoding="utf-8")
    found = document("simulate", "--environment", str(file), "--policy", "thompson", "--runs", "10")
    assert found["arms"] == ["left", "right"]
    [one] = found["policies"]
    assert one["total_reward"] == pytest.approx(rounds[:, 1].sum(), rel=0.1)
    assert one["regret"][-1] == pytest.approx(rounds[:, 1].sum() - one["total_reward"])


def test_pictures_are_written_to_the_folder(tmp_path: Path) -> None:
    result = call("simulate", "--runs", "3", "--steps", "50", "--out", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    for name in ("regret.png", "traffic.png"):
        assert (tmp_path / "new" / name).read_bytes().startswith(b"\x89PNG")
    assert "Lai-Robbins line" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--policy", "ucb2"], "policy must be one of epsilon-greedy"),
        (["--policy", "ucb1:c=2"], "ucb1 has no parameter 'c'"),
        (["--policy", "epsilon-greedy:epsilon=2"], "epsilon must be in 0..1, got 2"),
        (["--environment", "mars"], "no environment 'mars'"),
        (["--means", ".3;.5"], "write numbers separated by commas"),
        (["--means", ".3,1.5"], "in 0..1, got 1.5"),
        (["--delay", "5"], "--delay is of the environment delayed"),
        (["--steps", "100000000000"], "is not in the range 1<=x<=100000000"),
        (["--policy", "reference-thompson", "--steps", "5"], "one that needs no reference group"),
    ],
)
def test_what_cannot_be_simulated_is_wrong_usage(arguments: list[str], said: str) -> None:
    code, message = refused("simulate", "--runs", "2", *arguments)
    assert code == 2
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n0,2\n", "column 'b' holds 2; rewards are in 0..1"),
        ("a,b\n0,x\n", "b of row 1 is 'x'; a number is needed"),
        ("a,b\n", "no rows"),
        ("a\n1\n", "at least two"),
    ],
)
def test_a_file_that_cannot_be_played_is_named_with_row_and_value(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "rounds.csv"
    file.write_text(text)
    code, message = refused("simulate", "--environment", str(file))
    assert code == 1
    assert said in message


def test_evaluate_finds_what_always_one_arm_earns(tmp_path: Path) -> None:
    file = write_log(tmp_path / "log.csv")
    found = document("evaluate", str(file), "--policy", "always:arm=b")
    assert found["ci_low"] < 0.3 < found["ci_high"]
    assert found["ci_low"] < found["snips"] < found["ci_high"]
    assert found["ess"] == pytest.approx(1000, rel=0.1)
    assert {"ips", "snips", "clipped", "ess", "ci_low", "ci_high"} <= set(found)
    learning = document("evaluate", str(file), "--policy", "thompson")
    uniform = document("evaluate", str(file), "--policy", "uniform")
    assert uniform["snips"] == pytest.approx(uniform["logged"])
    assert learning["snips"] > uniform["snips"] + 0.05
    shares = document("evaluate", str(file), "--policy", "shares:a=.5,b=.5")
    assert shares["snips"] == pytest.approx(0.2, abs=0.04)


def test_what_was_decided_in_a_quantum_counts_together(tmp_path: Path) -> None:
    alone = document("evaluate", str(write_log(tmp_path / "a.csv")), "--policy", "always:arm=b")
    together = document(
        "evaluate", str(write_log(tmp_path / "b.csv", quanta=True)), "--policy", "always:arm=b"
    )
    assert together["snips"] == alone["snips"]
    assert together["ess_quanta"] < 1000
    assert "quanta" in together["interval"]


@pytest.mark.parametrize(
    ("policy", "code", "said"),
    [
        ("always:arm=z", 2, "one of the log's: a, b, c, got 'z'"),
        ("always", 2, "write always:arm=NAME"),
        ("shares:a=.5", 2, "of sum 1"),
        ("shares:a=half", 2, "the share of 'a' is 'half'"),
        ("greedy", 2, "or one of uniform, always, shares"),
        ("reference-thompson", 2, "has no column 'reference'"),
    ],
)
def test_a_policy_that_cannot_be_judged_is_refused(tmp_path: Path, policy: str, code: int, said: str) -> None:
    found = refused("evaluate", str(write_log(tmp_path / "log.csv")), "--policy", policy)
    assert found[0] == code
    assert said in found[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arm,reward\na,1\n", "no column 'propensity'; needed are arm, reward, propensity"),
        ("arm,reward,propensity\na,1,0\n", "propensity of row 1 is 0"),
        ("arm,reward,propensity\na,1,.5\n,1,.5\n", "arm of row 2 is empty"),
        ("arm,reward,propensity\na,1,.5\nb,,.5\n", "reward of row 2 is empty; a number is needed"),
        (
            "arm,reward,propensity\na,1,.5\nb,0,.5\na,.5,1e-320\n",
            "reward of row 3 must be so small that all rewards",
        ),
        ("arm,reward,propensity\na,3,.5\n", "reward must be between 0 and 1 for thompson, got 3"),
        ("arm,reward,propensity\n" + "a,1,.5\nb,0,.5\n" * 20, "fewer than 100: no value is given"),
    ],
)
def test_a_log_that_cannot_be_judged_is_refused_by_row_and_value(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text)
    code, message = refused("evaluate", str(file), "--policy", "thompson")
    assert code == 1
    assert said in message


def test_fit_finds_the_prior_and_the_drift_that_made_the_history(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rate, lines = rng.gamma(16, 0.1 / 16, 60), []
    for period in range(40):
        if period:
            rate = rate * rng.gamma(1 / 0.02, 0.02, 60)
        for arm in range(60):
            if (period + arm) % 7 or not period:  # some periods without service have no row
                lines.append(f"news {arm},{period + arm},400,{rng.poisson(400 * rate[arm])}")
    file = tmp_path / "history.csv"
    file.write_text("arm,period,impressions,successes\n" + "\n".join(rng.permutation(lines)) + "\n")
    found = document("fit", str(file))
    assert found["mu_0"] == pytest.approx(0.1, rel=0.1)
    assert found["sigma_0"] == pytest.approx(0.025, rel=0.25)
    assert found["eta_variance"] == pytest.approx(0.02, rel=0.25)
    assert {"mu_0", "sigma_0", "effective_sample_size", "eta_variance", "loglik"} <= set(found)
    assert f"dynamic:mu_0={found['mu_0']:.6g}" in call("fit", str(file)).stdout


@pytest.mark.parametrize("step", [1, 60, 60_000])
def test_fit_says_how_far_apart_the_periods_are_where_none_follows_the_next(
    tmp_path: Path, step: int
) -> None:
    file = tmp_path / "history.csv"
    rows = [f"{arm},{1_700_000_000 + step * t},200,{20 + t + 3 * arm}" for arm in range(4) for t in range(5)]
    file.write_text("\n".join(["arm,period,impressions,successes", *rows]))
    found = call("fit", str(file))
    assert found.exit_code == 0, found.output
    assert ("Periods are" in found.stderr) == (step > 1)
    assert step == 1 or f"Periods are {step:,} apart" in found.stderr
    assert "nan" not in found.stdout


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,1.5,10,1", "period of row 1 is 1.5; a whole number is needed"),
        ("a,1,-10,1", "impressions of row 1 is -10"),
        ("a,1,0,1", "successes of row 1 is 1; 0 where there are no impressions"),
        ("a,1,10,1\nb,1,0,0", "arm 'b' has no period with impressions"),
        ("a,1,10,1\na,900000000,10,1", "use longer periods"),
    ],
)
def test_a_history_that_cannot_be_is_refused_by_row_and_value(tmp_path: Path, rows: str, said: str) -> None:
    file = tmp_path / "history.csv"
    file.write_text("arm,period,impressions,successes\n" + rows + "\n")
    code, message = refused("fit", str(file))
    assert code == 1
    assert said in message


def test_an_arm_that_was_never_rewarded_may_still_be_as_good_as_the_log(tmp_path: Path) -> None:
    rows = ["rare,0,.02"] * 120 + ["main,1,.98"] * 120 + ["main,0,.98"] * 5_760
    (tmp_path / "log.csv").write_text("arm,reward,propensity\n" + "\n".join(rows) + "\n")
    found = document("evaluate", str(tmp_path / "log.csv"), "--policy", "always:arm=rare")
    assert found["snips"] == found["ci_low"] == 0
    assert found["ci_low"] < found["logged"] < found["ci_high"] < 0.04
    assert found["interval"].endswith("widened for few rewards")


def test_evaluate_judges_a_policy_with_a_reference_group_by_the_decisions_of_a_live_bandit(
    tmp_path: Path,
) -> None:
    rng, lines = np.random.default_rng(2), []
    for quantum in range(2000):
        level, arm = 20 + 15 * np.sin(quantum / 100), int(rng.integers(0, 2))
        reward, reference = rng.poisson(level * (1.0, 1.3)[arm]), rng.poisson(level)
        lines.append(f"{quantum},{'ab'[arm]},0.5,{reward},{reference}")
    file = tmp_path / "decisions.csv"
    file.write_text("\n".join(["quantum,arm,propensity,reward,reference", *lines]))
    found = document("evaluate", str(file), "--policy", "reference-thompson")
    better = document("evaluate", str(file), "--policy", "always:arm=b")
    assert found["snips"] == pytest.approx(better["snips"], rel=0.02)
    file.write_text("arm,propensity,reward,reference\na,0.5,1,-1\n")
    assert "reference of row 1 is -1" in refused("evaluate", str(file), "--policy", "uniform")[1]


def test_a_log_from_a_spreadsheet_is_evaluated_like_another(tmp_path: Path) -> None:
    rows = [("arm", "reward", "propensity"), *(("ab"[i % 2], str(i % 3 == 0), "0.5") for i in range(400))]
    plain, saved = tmp_path / "plain.csv", tmp_path / "saved.csv"
    text = "\n".join(",".join(row) for row in rows).replace("True", "1").replace("False", "0")
    plain.write_text(text)
    saved.write_bytes(
        "\r\n".join(line + ";;" for line in text.replace(",", ";").replace(".", ",").splitlines()).encode(
            "utf-8-sig"
        )
    )
    found = [document("evaluate", str(file), "--policy", "always:arm=a") for file in (plain, saved)]
    assert found[0] == found[1]
