"""Tests of every kind of metric are wrong as rarely as they say, at no effect and at a guard's margin."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from liftstream.cli.app import liftstream
from liftstream.experiment import Metric, simulate_metric

KINDS = ["m:money", "p:proportion", "c:count", "x:mean", "r=a/b", "q:quantile,q=0.9"]
GUARDS = ["m:money,role=guard,margin=0.5", "p:proportion,role=guard,margin=0.02", "p:proportion,direction=less,role=guard,margin=20%", "r=a/b,role=guard,margin=0.02",
          "c:count,direction=less,role=guard,margin=5%", "q:quantile,q=0.5,role=guard,margin=0.1"]  # fmt: skip


@pytest.mark.parametrize("text", [*KINDS, *GUARDS])
def test_the_false_positive_rate_is_inside_the_band(text: str) -> None:
    found = simulate_metric(Metric.parse(text), n=400, runs=150 if "quantile" in text else 400)
    assert found.within, found
    assert found.rate > 0.01


def test_a_true_effect_is_found_as_often_as_planned() -> None:
    found = simulate_metric(Metric.parse("m:money"), n=500, runs=400, effect=2.31)
    assert found.rate == pytest.approx(0.8, abs=0.07)


def test_ones_own_clients_are_drawn_from(tmp_path) -> None:
    rng = np.random.default_rng(1)
    file = tmp_path / "past.csv"
    file.write_text(
        "client,revenue\n" + "".join(f"c{i},{x:.2f}\n" for i, x in enumerate(rng.lognormal(2, 1, 800)))
    )
    done = CliRunner().invoke(
        liftstream,
        [
            "simulate",
            "--data",
            str(file),
            "--metric",
            "revenue:money",
            "--metric",
            "median=revenue:quantile,q=0.5",
            "--runs",
            "200",
            "--json",
        ],
    )
    money, median = json.loads(done.stdout)["results"]
    assert (money["within"], median["within"]) == (True, True)
    assert money["n_per_arm"] == 400
