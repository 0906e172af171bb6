import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment import Check, Ledger, Moments, PairMoments, Plan
from testbed.examples import examples


def arm(n: int, mean: float, sd: float = 15) -> Moments:
    return Moments.from_summary(n, mean, sd)


def one_look(effect: float, plan: Plan | None = None, n: int = 5678) -> tuple[Plan, Ledger]:
    plan = plan or experiment.plan(effect=0.7, sd=15)
    arms = {"original": arm(n, 20), "candidate": arm(n, 20 + effect)}
    return plan, experiment.take_look(plan, Ledger.of(plan), arms)


@pytest.mark.parametrize(
    ("effect", "word"),
    [(0.84, "improves"), (0.3, "no improvement"), (-0.3, "no improvement"), (-0.84, "harms")],
)
def test_a_single_look_says_what_welch_says(effect: float, word: str) -> None:
    plan, ledger = one_look(effect)
    found = experiment.verdict(plan, ledger)
    welch = experiment.welch(arm(5678, 20), arm(5678, 20 + effect))
    assert found.verdict == word
    assert (found.pvalue, found.ci_low, found.ci_high) == (welch.pvalue, welch.ci_low, welch.ci_high)
    assert found.bound == found.ci_low


@examples(60)
@given(st.floats(-2, 2), st.sampled_from(["one-sided", "two-sided"]), st.integers(1, 4), st.floats(5, 25))
def test_the_interval_excludes_zero_exactly_when_p_is_below_alpha_and_it_improves(
    effect, alternative, looks, sd
) -> None:
    plan = Plan(effect=0.7, sd=15, n_per_arm=10_000, alternative=alternative, looks=looks)
    ledger = Ledger.of(plan)
    for share in range(1, looks + 1):
        n = 10_000 * share // looks
        arms = {"original": arm(n, 20, sd), "candidate": arm(n, 20 + effect, sd)}
        ledger = experiment.take_look(plan, ledger, arms)
        if experiment.verdict(plan, ledger).decided:
            break
    found = experiment.verdict(plan, ledger)
    assert found.decided
    assert (found.verdict == "improves") == (found.ci_low > 0)
    if alternative == "two-sided":
        assert (found.verdict in {"improves", "harms"}) == (found.pvalue < 0.05)
        assert (found.verdict == "harms") == (found.ci_high < 0)
    else:
        assert (found.verdict == "improves") == (found.pvalue < 0.05)


def test_the_sentence_says_how_the_interval_lies_to_the_plan() -> None:
    for effect, said in ((0.84, "includes"), (1.6, "lies above"), (0.1, "lies below")):
        sentence = experiment.verdict(*one_look(effect)).sentence
        assert f"The interval {said} the planned effect of 0.70 $." in sentence


def test_no_clients_yet() -> None:
    plan = experiment.plan(effect=0.7, sd=15)
    found = experiment.verdict(plan, Ledger.of(plan))
    assert (found.verdict, found.sentence, found.effect) == ("running", "No clients yet.", None)
    json.dumps(found.to_dict())


def test_an_early_look_decides_only_beyond_its_bound() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=5)
    n = plan.n_per_arm // 5 * 2
    for z, word in ((2.7, "running"), (3.0, "improves"), (-2.7, "running"), (-3.0, "harms")):
        shift = z * 15 * math.sqrt(2 / n)
        arms = {"original": arm(n, 20), "candidate": arm(n, 20 + shift)}
        ledger = experiment.take_look(plan, Ledger.of(plan), arms)
        # the only look so far, at 40 % of the clients
        assert ledger.looks[0].candidates["candidate"].bound == pytest.approx(2.888, abs=0.01)
        assert experiment.verdict(plan, ledger).verdict == word


def test_a_decision_stands_whatever_comes_later() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=2)
    n = plan.n_per_arm // 2
    ledger = experiment.take_look(plan, Ledger.of(plan), {"original": arm(n, 20), "candidate": arm(n, 22)})
    first = experiment.verdict(plan, ledger)
    later = {"original": arm(2 * n, 20), "candidate": arm(2 * n, 20)}
    ledger = experiment.take_look(plan, ledger, later, final=True)
    assert experiment.verdict(plan, ledger).verdict == first.verdict == "improves"
    assert experiment.verdict(plan, ledger).pvalue == first.pvalue


def test_the_last_look_is_the_one_that_reaches_the_planned_clients_of_all_arms_together() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=2)
    n = plan.n_total // 2
    arms = {"original": arm(n - 40, 20), "candidate": arm(n + 40, 20.1)}
    ledger = experiment.take_look(plan, Ledger.of(plan), arms)
    assert ledger.looks[0].final
    assert ledger.looks[0].candidates["candidate"].alpha_spent == 0.05


def test_a_futile_candidate_is_given_up_early() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=4, futility="obf")
    n = plan.n_per_arm // 2
    ledger = experiment.take_look(plan, Ledger.of(plan), {"original": arm(n, 20), "candidate": arm(n, 20.02)})
    assert not ledger.looks[0].final
    assert experiment.verdict(plan, ledger).verdict == "no improvement"


def test_a_stopped_experiment_has_no_verdict() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=2)
    n = plan.n_per_arm // 2
    ledger = experiment.take_look(plan, Ledger.of(plan), {"original": arm(n, 20), "candidate": arm(n, 20.2)})
    found = experiment.verdict(plan, ledger.stop("the shop closed"))
    assert found.verdict == "stopped"
    assert "the shop closed" in found.sentence
    with pytest.raises(ValueError, match="was not stopped"):
        experiment.take_look(plan, ledger.stop("x"), ledger.looks[0].arms)


def test_holm_gives_the_share_of_a_proved_candidate_to_the_others() -> None:
    plan = experiment.plan(effect=0.7, sd=15, candidates=("a", "b"))
    n = plan.n_per_arm
    se = 15 * math.sqrt(2 / n)

    def verdicts(z_a: float, z_b: float) -> list[str]:
        arms = {"original": arm(n, 20), "a": arm(n, 20 + z_a * se), "b": arm(n, 20 + z_b * se)}
        found = experiment.verdict(plan, experiment.take_look(plan, Ledger.of(plan), arms))
        for one in found.candidates:
            assert (one.ci_low > 0) == (one.pvalue < one.alpha) == (one.verdict == "improves")
        return [one.verdict for one in found.candidates]

    # one alone needs z 1.96, after the other's success 1.645
    assert verdicts(1.8, 0.0) == ["no improvement", "no improvement"]
    assert verdicts(1.8, 2.5) == ["improves", "improves"]
    assert verdicts(1.5, 2.5) == ["no improvement", "improves"]


def test_an_exported_ledger_gives_the_same_verdict_to_the_last_digit() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=3, futility="pocock")
    rng, arms, ledger = np.random.default_rng(4), {}, Ledger.of(plan)
    for name, mean in (("original", 20), ("candidate", 20.3)):
        arms[name] = Moments.of(rng.gamma(1.86, mean / 1.86, plan.n_per_arm // 3))
    ledger = experiment.take_look(plan, ledger, arms, at="noon")
    back = Ledger.from_dict(json.loads(json.dumps(ledger.to_dict())))
    restored = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert back == ledger
    assert experiment.verdict(restored, back).to_dict() == experiment.verdict(plan, ledger).to_dict()


def test_a_changed_ledger_is_refused() -> None:
    plan, ledger = one_look(0.3)
    document = ledger.to_dict()
    document["looks"][0]["candidates"]["candidate"]["z"] = 3.0
    with pytest.raises(ValueError, match=r"look 1, candidate, z must be .* for its moments, got 3.0"):
        experiment.verdict(plan, Ledger.from_dict(document))
    other = experiment.plan(effect=0.8, sd=15)
    with pytest.raises(ValueError, match="ledger must be one of the plan"):
        experiment.verdict(other, ledger)


def test_a_covariate_of_the_plan_narrows_the_interval() -> None:
    rng = np.random.default_rng(8)
    plan = experiment.plan(effect=0.7, sd=15, covariate="spent before", correlation=0.8)
    assert plan.n_per_arm == math.ceil(5677.858682467135 * (1 - 0.64))
    arms = {}
    for name in plan.arms:
        before = rng.gamma(1.86, 10.75, plan.n_per_arm)
        arms[name] = PairMoments.of(0.8 * before + rng.normal(4, 9, plan.n_per_arm), before)
    found = experiment.verdict(plan, experiment.take_look(plan, Ledger.of(plan), arms))
    plain = experiment.welch(arms["original"].y, arms["candidate"].y)
    assert found.ci_high - found.ci_low < 0.75 * (plain.ci_high - plain.ci_low)
    assert found.method.endswith("CUPED")
    with pytest.raises(ValueError, match="PairMoments with the covariate 'spent before'"):
        experiment.take_look(plan, Ledger.of(plan), {name: a.y for name, a in arms.items()})


def test_against_a_margin_below_zero_improving_means_not_being_worse() -> None:
    plan = experiment.plan(effect=0.3, sd=15, margin=-0.5)
    n = plan.n_per_arm
    ledger = experiment.take_look(plan, Ledger.of(plan), {"original": arm(n, 20), "candidate": arm(n, 20.1)})
    found = experiment.verdict(plan, ledger)
    assert found.verdict == "improves"
    assert found.ci_low > -0.5
    assert found.sentence.startswith("The candidate is not worse by 0.50 $ or more: it earns 0.10 $")


def test_a_look_a_day_for_three_months_is_affordable() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=90)
    ledger = Ledger.of(plan)
    for clients in plan.look_clients[:30]:
        arms = {name: arm(clients // 2, 20 + 0.2 * (name == "candidate")) for name in plan.arms}
        ledger = experiment.take_look(plan, ledger, arms)
    assert experiment.verdict(plan, ledger).verdict == "running"
    assert [look.number for look in ledger.looks] == list(range(1, 31))


def test_an_alarm_stands_before_the_verdict() -> None:
    plan = experiment.plan(effect=0.7, sd=15)
    arms = {"original": arm(6100, 20), "candidate": arm(5400, 21)}
    found = experiment.verdict(plan, experiment.take_look(plan, Ledger.of(plan), arms))
    assert found.status == "alarm"
    assert found.sentence.startswith("Careful: clients are not split as planned")
    mine = Check("answers", "alarm", "no answers")
    assert experiment.verdict(*one_look(1), extra=(mine,)).sentence.startswith("Careful: no answers.")


def test_between_looks_the_numbers_are_always_valid_and_decide_nothing() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=2)
    now = {"original": arm(1000, 20), "candidate": arm(1000, 26)}
    found = experiment.verdict(plan, Ledger.of(plan), current=now)
    assert found.verdict == "running"
    assert found.n_total == 2000
    assert "confidence sequence" in found.method
    assert found.ci_low > 0


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        ({"original": arm(50, 20)}, "arms must be the arms of the plan: original, candidate"),
        ({"original": arm(50, 20), "candidate": Moments()}, "at least 2 clients, got 0"),
        ({"original": arm(50, 20, 0), "candidate": arm(50, 20, 0)}, "whose money differs"),
    ],
)
def test_a_look_that_cannot_be_taken_is_refused(arms, said) -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=2)
    with pytest.raises(ValueError, match=said):
        experiment.take_look(plan, Ledger.of(plan), arms)


def test_a_look_without_new_clients_is_refused() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=2)
    arms = {"original": arm(50, 20), "candidate": arm(50, 20)}
    ledger = experiment.take_look(plan, Ledger.of(plan), arms)
    with pytest.raises(ValueError, match="look 2 must have more clients than the one before it"):
        experiment.take_look(plan, ledger, arms)
