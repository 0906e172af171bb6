"""Guards of a plan: sealed with it, judged at each look by the tests of `analyze_metrics`, honest over all looks together."""

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from liftstream import experiment
from liftstream.cli.app import liftstream
from liftstream.experiment import Ledger, Moments, Plan, analyze_metrics
from liftstream.experiment.numerics.binomial import acceptance_band
from liftstream.experiment.trial.guard import PlannedGuard
from liftstream.experiment.trial.guard_verdicts import guard_verdicts

RETURNED = "returned:proportion,margin=0.02,direction=less"


def clients(
    n: int = 3_000, returned: tuple[float, float] = (0.10, 0.10), gain: float = 1.5, seed: int = 4
) -> dict[str, Any]:
    """Clients in order of arrival, with money, returns, pages and seconds."""
    rng = np.random.default_rng(seed)
    candidate = rng.random(n) < 0.5
    return {
        "arm": np.where(candidate, "candidate", "original"),
        "revenue": rng.gamma(2, 10, n) + gain * candidate,
        "returned": (rng.random(n) < np.where(candidate, *returned[::-1])).astype(int),
        "pages": rng.poisson(5, n),
    }


def one_look(data: dict[str, Any], *guards: Any, **plan: Any) -> Any:
    sealed = experiment.plan(
        **{"effect": 1.5, "sd": 14, "n": len(data["arm"]) // 2 - 100, "guards": guards, **plan}
    )
    return experiment.analyze(data, plan=sealed).verdict


@pytest.mark.parametrize("returned", [(0.10, 0.10), (0.10, 0.16), (0.10, 0.112)])
@pytest.mark.parametrize(
    "guard",
    [
        RETURNED,
        "pages:count,margin=0.2",
        "pages:mean,margin=3%",
        "returned:proportion,margin=20%,direction=less",
        "pages:count,margin=0.2,cap=8",
    ],
)
def test_after_one_look_a_guard_says_what_analyze_says_of_it_without_a_plan(
    guard: str, returned: tuple[float, float]
) -> None:
    data = clients(returned=returned)
    (found,) = one_look(data, guard).guards
    alone = analyze_metrics(data, ["revenue:money", f"{guard},role=guard"]).of(found.guard)
    for ours, theirs in (
        ("verdict", "verdict"), ("effect", "effect"), ("ci_low", "ci_low"), ("ci_high", "ci_high"), ("pvalue", "pvalue"),
        ("method", "method"), ("change", "change"), ("alpha", "alpha"), ("n_candidate", "n_candidate"),
    ):  # fmt: skip
        assert getattr(found, ours) == (
            pytest.approx(value, rel=1e-9) if isinstance(value := getattr(alone, theirs), float) else value
        )


def likeliest_z(x_o: int, n_o: int, x_c: int, n_c: int, difference: float) -> float:
    """z of a difference of rates under the likeliest rates that differ by it, found by a search instead of a formula."""

    def unlikely(p: float) -> float:
        q = p + difference
        return -(
            x_o * np.log(p) + (n_o - x_o) * np.log(1 - p) + x_c * np.log(q) + (n_c - x_c) * np.log(1 - q)
        )

    least, most = max(1e-12, -difference), min(1.0, 1 - difference)
    p = minimize_scalar(unlikely, bounds=(least, most), method="bounded", options={"xatol": 1e-12}).x
    q = p + difference
    return (x_c / n_c - x_o / n_o - difference) / np.sqrt(p * (1 - p) / n_o + q * (1 - q) / n_c)


def test_p_and_interval_of_a_rate_are_those_of_the_likeliest_rates() -> None:
    data = clients(returned=(0.10, 0.13))
    (found,) = one_look(data, RETURNED).guards
    x_o, n_o, x_c, n_c = (
        int(count)
        for arm in ("original", "candidate")
        for count in (data["returned"][data["arm"] == arm].sum(), (data["arm"] == arm).sum())
    )
    ends = [likeliest_z(x_o, n_o, x_c, n_c, end) for end in (found.ci_low, found.ci_high)]
    assert ends == pytest.approx([norm.isf(0.05), -norm.isf(0.05)], abs=1e-6)
    assert found.pvalue == pytest.approx(norm.cdf(likeliest_z(x_o, n_o, x_c, n_c, 0.02)), rel=1e-6)


def test_the_sentence_says_what_improved_and_what_broke_in_one() -> None:
    found = one_look(clients(returned=(0.10, 0.16)), RETURNED, "pages:count,margin=0.3")
    first, _, rest = found.sentence.partition(". ")
    assert first.startswith("The candidate improves: it earns ")
    assert "; guards: returned BREAKS (1" in first
    assert "of a loss), pages holds (" in first
    assert rest.startswith("The interval ")
    assert [one.guard for one in found.broken] == ["returned"]


@pytest.mark.parametrize(
    ("returned", "advice"),
    [
        ((0.10, 0.10), "Roll out the candidate to all clients."),
        ((0.10, 0.16), "Do not roll out"),
        ((0.10, 0.112), "only if a loss in returned"),
    ],
)
def test_the_advice_heeds_the_guards(returned: tuple[float, float], advice: str) -> None:
    data = clients(returned=returned)
    sealed = experiment.plan(effect=1.5, sd=14, n=1_400, guards=[RETURNED])
    assert advice in experiment.analyze(data, plan=sealed).advice


def test_what_nobody_did_cannot_be_worse_by_more_than_the_margin() -> None:
    data = clients(returned=(0.0, 0.0))
    (found,) = one_look(data, RETURNED).guards
    assert (found.verdict, found.effect) == ("holds", 0)
    assert (
        analyze_metrics(data, ["revenue:money", f"{RETURNED},role=guard"]).of("returned").verdict == "holds"
    )
    (relative,) = one_look(data, "returned:proportion,margin=10%,direction=less").guards
    assert (relative.verdict, relative.effect, relative.change) == ("not shown", None, "nothing differs yet")


def test_a_guard_that_broke_stays_broken_until_it_holds() -> None:
    plan = experiment.plan(effect=1, sd=14, looks=3, spending="pocock", guards=[RETURNED])
    ledger, words = Ledger.of(plan), []
    for n, rate in ((plan.n_per_arm // 3, 0.18), (2 * plan.n_per_arm // 3, 0.12), (plan.n_per_arm, 0.10)):
        arms = {"original": Moments.from_summary(n, 20, 14), "candidate": Moments.from_summary(n, 20.1, 14)}
        shares = {"original": 0.10, "candidate": rate}
        moments = {
            name: Moments(n, round(n * p) / n, round(n * p) * (1 - round(n * p) / n))
            for name, p in shares.items()
        }
        ledger = experiment.take_look(plan, ledger, arms, guards={"returned": moments})
        words.append(experiment.verdict(plan, ledger).guards[0].verdict)
    assert words == ["breaks", "breaks", "holds"]


@pytest.mark.parametrize("truth", ["at its margin", "unharmed"])
def test_over_all_looks_a_guard_errs_as_often_as_alpha_allows_though_the_decision_stops_early(
    truth: str,
) -> None:
    """The guard hangs on the money (correlation .8), and the experiment ends when the money is good: the worst case."""
    runs, rng = 1_500, np.random.default_rng(11)
    plan = experiment.plan(
        effect=0.5, sd=1, looks=(0.4, 0.7, 1.0), spending="pocock", n=120, guards=["time:mean,margin=0.3"]
    )
    errors = 0
    for _ in range(runs):
        ledger = Ledger.of(plan)
        draws = {}
        for name in plan.arms:
            money = rng.normal(0, 1, 120)
            time = 0.8 * money + 0.6 * rng.normal(0, 1, 120)
            worse = 0.3 if truth == "at its margin" and name == "candidate" else 0.0
            draws[name] = (money, time - worse)
        for n in (48, 84, 120):
            arms = {name: Moments.of(money[:n]) for name, (money, _) in draws.items()}
            times = {name: Moments.of(time[:n]) for name, (_, time) in draws.items()}
            ledger = experiment.take_look(plan, ledger, arms, final=n == 120, guards={"time": times})
            stopped = abs(ledger.looks[-1].candidates["candidate"].z) >= (
                ledger.looks[-1].candidates["candidate"].bound or 9
            )
            if stopped:
                break
        errors += guard_verdicts(plan, ledger)[0].verdict == (
            "holds" if truth == "at its margin" else "breaks"
        )
    assert errors <= acceptance_band(runs, 0.05).max_rejections


def test_a_plan_seals_its_guards_and_reads_them_back() -> None:
    plan = experiment.plan(
        effect=1, sd=14, guards=[RETURNED, {"name": "pages", "kind": "count", "margin": "3%"}]
    )
    again = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert again == plan
    assert plan.hash != experiment.plan(effect=1, sd=14).hash
    document = plan.to_dict()
    document["guards"][0]["margin"] = 0.5
    with pytest.raises(ValueError, match="changed after it was sealed"):
        Plan.from_dict(document)


def test_a_ledger_with_guards_reads_back_and_a_changed_one_of_other_clients_is_refused() -> None:
    plan = experiment.plan(effect=1, sd=14, n=900, guards=[RETURNED])
    arms = {"original": Moments.from_summary(1_000, 20, 14), "candidate": Moments.from_summary(1_000, 22, 14)}
    moments = dict.fromkeys(arms, Moments(1_000, 0.1, 90.0))
    ledger = experiment.take_look(plan, Ledger.of(plan), arms, guards={"returned": moments})
    again = Ledger.from_dict(json.loads(json.dumps(ledger.to_dict())))
    assert again == ledger
    assert experiment.verdict(plan, again).guards == experiment.verdict(plan, ledger).guards
    with pytest.raises(ValueError, match="guard returned, candidate must be of the 1000 clients"):
        experiment.take_look(
            plan,
            Ledger.of(plan),
            arms,
            guards={"returned": {**moments, "candidate": Moments(999, 0.1, 90.0)}},
        )
    with pytest.raises(ValueError, match="guards must be the guards of the plan: returned"):
        experiment.take_look(plan, Ledger.of(plan), arms)


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("returned:proportion", "margin of the guard returned must be given"),
        ("returned:ratio,margin=1", "must be NAME=numerator/denominator"),
        (
            "speed:quantile,q=0.9,margin=1",
            "kind of the guard speed must be one of money, proportion, count, mean, got 'quantile'",
        ),
        ("a=b:count,margin=1", "the guard a must be made of name, kind, direction, margin and cap"),
        (
            {"name": "x", "kind": "count", "margin": 1, "role": "watched"},
            "margin of x must be absent, unless role=guard",
        ),
        ({"name": "x", "kind": "count", "margin": 1, "source": "outcome"}, "outcome must be a name"),
        (7, "guards must be a list of guards"),
    ],
)
def test_what_is_no_guard_is_refused_by_its_name(guard: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        experiment.plan(effect=1, sd=14, guards=[guard])
    assert experiment.check_plan(effect=1, sd=14, n_per_arm=5_000, guards=[guard])[0].field == "guards"


def test_two_guards_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="each name appears once"):
        experiment.plan(effect=1, sd=14, guards=[RETURNED, RETURNED])


def test_a_guard_counts_of_a_client_what_its_kind_asks_for() -> None:
    assert PlannedGuard.of(RETURNED).counted(3.0) == 1.0
    assert PlannedGuard.of("spend:money,margin=1,cap=50").counted(80.0) == 50.0
    assert PlannedGuard.of("pages:count,margin=1").counted(7.0) == 7.0


def test_the_command_plans_guards_and_judges_them_from_the_file(tmp_path: Any) -> None:
    data = clients(returned=(0.10, 0.16))
    file, plan = tmp_path / "clients.csv", tmp_path / "plan.json"
    rows = zip(*(data[name] for name in ("arm", "revenue", "returned")), strict=True)
    file.write_text(
        "arm,revenue,returned\n" + "".join(f"{arm},{money},{back}\n" for arm, money, back in rows)
    )
    run = CliRunner().invoke
    planned = run(
        liftstream, ["plan", "--effect", "1.5", "--sd", "14", "--n", "1400", "--guard", RETURNED, "--json"]
    )
    plan.write_text(planned.stdout)
    told = json.loads(run(liftstream, ["analyze", str(file), "--plan", str(plan), "--json"]).stdout)
    (guard,) = told["guards"]
    assert (told["verdict"], guard["guard"], guard["verdict"]) == ("improves", "returned", "breaks")
    text = run(liftstream, ["analyze", str(file), "--plan", str(plan)]).stdout
    assert "returned" in text
    assert "BREAKS" in text
    assert (
        "guards: returned (proportion, less is better, margin 2.00 points)"
        in run(liftstream, ["plan", "--effect", "1.5", "--sd", "14", "--guard", RETURNED]).stdout
    )
