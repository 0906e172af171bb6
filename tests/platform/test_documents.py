"""The documents that pages show: in every state the right words and numbers."""

import json

import numpy as np
import pytest
from scipy.special import ndtr

from liftstream import experiment
from liftstream.experiment import Ledger, Moments, Plan
from liftstream.platform.documents.experiment_parts.worth import worth_of
from liftstream.platform.documents.new_experiment import DEFAULTS, plan_help
from liftstream.platform.ingest.running.checks import checks_of, skewness
from liftstream.platform.ingest.running.live import ArmSums, Live
from testbed.platform_stage import Stage

States = tuple[Stage, dict[str, str]]

SITUATIONS = ["improves", "harms", "no improvement", "stopped", "alarm", "running", "waiting", "draft"]


@pytest.mark.parametrize("word", SITUATIONS)
def test_every_state_leads_with_its_own_situation(states: States, word: str) -> None:
    stage, names = states
    found = stage.service.experiment(names[word])
    assert found.situation == word
    assert found.sentence
    assert found.outlook.sentence
    assert found.plan.hash == stage.service.report(names[word]).plan_hash


@pytest.mark.parametrize("word", ["improves", "harms", "no improvement"])
def test_the_verdict_is_the_one_that_analyze_reaches_from_the_clients_file(states: States, word: str) -> None:
    stage, names = states
    from liftstream.platform.clients_file import client_lines

    found = stage.service.report(names[word])
    lines = "".join(client_lines(stage.service, names[word])).splitlines()
    rows = [line.split(",") for line in lines[1:]]
    assert lines[0] == "client,arm,revenue,look"
    report = experiment.analyze(
        {
            "client": [int(row[0]) for row in rows],
            "arm": [row[1] for row in rows],
            "revenue": [float(row[2]) for row in rows],
            "look": [int(row[3]) for row in rows],
        },
        client="client",
        look="look",
        plan=experiment.Plan.from_dict({k: getattr(found.plan, k) for k in plan_fields()}),
    )
    assert report.verdict.verdict == found.verdict
    assert report.verdict.effect == pytest.approx(found.effect, rel=1e-9)
    assert report.verdict.ci_low == pytest.approx(found.ci_low, rel=1e-9)
    assert report.verdict.pvalue == pytest.approx(found.pvalue, rel=1e-9)


def plan_fields() -> list[str]:
    from liftstream.experiment.trial.plans import FIELDS

    return [*FIELDS, "hash"]


def test_the_ledger_of_a_report_computes_to_the_same_verdict_again(states: States) -> None:
    stage, names = states
    found = stage.service.report(names["improves"])
    plan = experiment.Plan.from_dict({k: getattr(found.plan, k) for k in plan_fields()})
    again = experiment.verdict(plan, experiment.Ledger.from_dict(found.ledger))
    assert (again.verdict, again.effect, again.pvalue) == (found.verdict, found.effect, found.pvalue)


def test_the_json_of_a_verdict_has_every_number_of_its_record(states: States) -> None:
    stage, names = states
    shown = stage.service.report(names["improves"])
    plan = experiment.Plan.from_dict({k: getattr(shown.plan, k) for k in plan_fields()})
    found = experiment.verdict(plan, experiment.Ledger.from_dict(shown.ledger))
    document = json.loads(shown.model_dump_json())
    for told, record in zip(document["candidates"], found.candidates, strict=True):
        assert json.loads(json.dumps(record.to_dict())).items() <= told.items()
    numbers = {
        name: value
        for name, value in found.to_dict().items()
        if name not in {"candidates", "checks", "guards", "plan"}
    }
    assert numbers.items() <= {**document, "status": found.status, "sentence": found.sentence}.items()


def test_no_page_shows_a_p_value_before_the_end(states: States) -> None:
    stage, names = states
    for word in ("running", "waiting", "draft"):
        found = stage.service.experiment(names[word])
        assert found.pvalue is None
        assert all(candidate.pvalue is None for candidate in found.candidates)
        assert " p 0" not in found.sentence


def test_a_running_experiment_shows_its_path_its_bounds_and_what_comes(states: States) -> None:
    stage, names = states
    found = stage.service.experiment(names["running"])
    looks = found.candidates[0].looks
    assert [look.taken for look in looks] == [True, True, False, False, False]
    assert all(look.bound is not None for look in looks)
    assert [look.bound for look in looks] == sorted((look.bound or 0 for look in looks), reverse=True)
    assert found.outlook.next_look is not None
    assert found.outlook.next_look.clients == looks[2].clients
    assert 0 < (found.outlook.chance or 0) < 1
    assert len(found.candidates[0].timeline) > 5


def test_the_list_of_the_api_and_the_page_agree(states: States) -> None:
    stage, _ = states
    rows, summaries = stage.service.experiments().experiments, stage.service.summaries()
    assert [row.id for row in rows] == [one.id for one in summaries]
    assert [row.verdict for row in rows] == [one.verdict for one in summaries]


def test_skewness_from_sums_is_that_of_the_values() -> None:
    values = np.random.default_rng(5).gamma(1.86, 10.75, 5_000)
    arm = ArmSums(paid=experiment.Moments.of(values), cubes=float((values**3).sum()))
    centred = values - values.mean()
    assert skewness(arm) == pytest.approx(float((centred**3).mean() / (centred**2).mean() ** 1.5), rel=1e-9)


def test_checks_warn_of_many_unanswered_and_of_slow_answers(states: States) -> None:
    stage, names = states
    from liftstream.platform import registry
    from liftstream.platform.ingest import loading

    with stage.service.reading() as connection:
        row = registry.find(connection, names["running"])
        live = loading.live_of(row, loading.load_arms(connection, names["running"]))
    live.arms["candidate"].unanswered = live.arms["candidate"].sessions // 10
    by_name = {check.name: check for check in checks_of(live, {"candidate": {29: 100}}, 1_000)}
    assert by_name["unanswered"].status == "warning"
    assert "see that the pipeline runs" in by_name["unanswered"].sentence
    live.arms["candidate"].unanswered = live.arms["candidate"].sessions
    silent = next(check for check in checks_of(live, {}, 1_000) if check.name == "unanswered")
    assert (
        "says nothing of what candidate decides: see that the pipeline runs, and with its token"
        in silent.sentence
    )
    assert by_name["answers in time"].status == "warning"
    assert by_name["heavy tail"].status == "ok"


def test_the_four_numbers_of_a_plan_follow_from_each_other() -> None:
    found = plan_help(DEFAULTS, 5_678.0)
    assert found.coherent
    assert found.fits["n_per_arm"] == 5_678
    assert found.fits["effect"] == pytest.approx(0.6999912889)
    assert found.fits["power"] == pytest.approx(0.80000866, abs=1e-8)
    assert found.fits["alpha"] == pytest.approx(0.05, rel=1e-3)
    assert found.days == pytest.approx(2.0)


def test_a_number_that_does_not_fit_is_named_with_the_one_that_would() -> None:
    found = plan_help({**DEFAULTS, "n_per_arm": 5_000}, None)
    assert not found.coherent
    assert [(p.field, p.fits) for p in found.problems] == [("n_per_arm", 5_678)]
    mended = plan_help({**DEFAULTS, "n_per_arm": 5_000, "effect": found.fits["effect"]}, None)
    assert mended.coherent
    mended = plan_help({**DEFAULTS, "n_per_arm": 5_000, "alpha": (found.fits["alpha"] or 0) * 1.0001}, None)
    assert mended.coherent


def test_looking_daily_has_a_price_in_clients_and_a_naive_look_one_in_errors() -> None:
    found = {price.label: price for price in plan_help(DEFAULTS, 11_356 / 7).looking}
    assert found["at the end only"].naive_error == pytest.approx(0.05)
    assert found["five times"].n_per_arm == 5_877
    assert found["five times"].expected_n_per_arm == pytest.approx(9_163 / 2, abs=2)
    assert found["daily"].looks == 7
    assert found["daily"].naive_error > 0.14


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("effect", 0),
        ("sd", -1),
        ("alpha", "five"),
        ("power", 1),
        ("looks", 201),
        ("candidates", 0),
        ("share", 2),
    ],
)
def test_a_field_that_makes_no_sense_alone_leaves_the_others_standing(field: str, value: object) -> None:
    found = plan_help({**DEFAULTS, field: value}, 100.0)
    assert field in {problem.field for problem in found.problems}
    assert found.fits == {}


def test_an_ended_experiment_says_in_other_words_what_it_found(states: States) -> None:
    stage, names = states
    found = stage.service.experiment(names["improves"])
    original, candidate = found.arms
    assert found.worth is not None
    assert found.worth.uplift == pytest.approx(found.effect / original.mean)
    assert found.worth.better == pytest.approx(ndtr(2.471), abs=1e-3)  # z of the last look
    month = found.worth.month
    assert month is not None
    assert month.clients == pytest.approx((original.clients + candidate.clients) / month.counted_days * 30)
    assert (month.value, month.low) == pytest.approx(
        (month.clients * found.effect, month.clients * found.ci_low)
    )
    assert "With 10,000 clients it would be worth +8,700 $" in found.worth.sentence
    assert "too short to say how many come in a month" in found.worth.sentence
    assert stage.service.experiment(names["running"]).worth is None


def test_whole_weeks_are_advised_with_the_share_that_fills_them() -> None:
    found = plan_help(DEFAULTS, 11_356 / 0.5)
    assert (found.days, found.weeks) == (pytest.approx(0.5), 1)
    assert found.share_for_weeks == pytest.approx(0.5 / 7)
    again = plan_help({**DEFAULTS, "share": found.share_for_weeks}, 11_356 / 0.5)
    assert again.days == pytest.approx(7)
    assert again.share_for_weeks == pytest.approx(found.share_for_weeks)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (2.0, "With 11,000 clients a month it would be worth +5,600 $ a month (+560 to +11,000 $). Clients were counted over 2 days, which"),
        (14.0, "With 1,600 clients a month it would be worth +800 $ a month (+80 to +1,600 $). Clients were counted over 14 days."),
    ],
)  # fmt: skip
def test_what_a_month_is_worth_is_said_where_days_were_counted(days: float, said: str) -> None:
    plan = Plan(effect=2.0, sd=1.0, n_per_arm=373)
    arms = {name: ArmSums(373, paid=Moments(373, mean, 372.0)) for name, mean in (("original", 10.0), ("candidate", 10.5))}  # fmt: skip
    live = Live("e", plan, False, "", 0.0, 1.0, 0, arms, Ledger.of(plan), ended_ms=round(days * 86_400_000))
    found = worth_of(live, "candidate", 0.05, 1.0)
    assert found is not None
    assert said in found.sentence
    assert found.uplift == pytest.approx(0.05)
