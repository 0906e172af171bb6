"""Several metrics at once: each against a second opinion, corrected together, guards by their margin, in one sentence."""

import numpy as np
import pandas
import pyarrow
import pytest
import tea_tasting as tt
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from liftstream import experiment
from liftstream.experiment import Metric, analyze_metrics
from liftstream.experiment.numerics.binomial import acceptance_band


@pytest.fixture(scope="module")
def shop() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    n = 4_000
    arm = np.where(rng.random(n) < 0.5, "original", "candidate")
    more = arm == "candidate"
    before = rng.gamma(1.86, 10.75, n)
    views_before = 1 + rng.poisson(5, n)
    views = 1 + rng.poisson(5, n) + views_before // 3
    return {
        "arm": arm,
        "spend": 0.6 * before + 0.4 * rng.gamma(1.86, 10.75, n) + 1.5 * more,
        "before": before,
        "bought": (rng.random(n) < 0.10 + 0.04 * more).astype(int),
        "views": views,
        "views_before": views_before,
        "clicks": rng.binomial(views, 0.2 + 0.02 * more),
        "clicks_before": rng.binomial(views_before, 0.2),
        "latency": rng.lognormal(0, 1, n) * (1 + 0.2 * more),
        "country": rng.choice(["de", "fr", "it"], n),
    }


def halves(shop: dict[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    return shop[name][shop["arm"] == "original"], shop[name][shop["arm"] == "candidate"]


def theirs(shop: dict[str, np.ndarray], metric: object) -> object:
    table = pyarrow.table({**shop, "variant": (shop["arm"] == "candidate").astype(int)})
    return tt.Experiment(m=metric).analyze(table)["m"]


def test_every_kind_is_that_of_a_second_opinion(shop: dict[str, np.ndarray]) -> None:
    report = analyze_metrics(
        shop,
        ["spend:money", "bought", "clicks", "ctr=clicks/views", "p90=latency:quantile,q=0.9,direction=less"],
        two_sided=True,
    )
    spend, bought, ratio = report.of("spend"), report.of("bought"), report.of("ctr")
    assert spend.pvalue == pytest.approx(
        stats.ttest_ind(*halves(shop, "spend")[::-1], equal_var=False).pvalue, rel=1e-9
    )
    rates = [half.sum() for half in halves(shop, "bought")]
    sizes = [half.size for half in halves(shop, "bought")]
    assert bought.pvalue == pytest.approx(proportions_ztest(rates, sizes)[1], rel=1e-9)
    assert (bought.kind, report.of("clicks").kind, ratio.kind) == ("proportion", "count", "ratio")
    expected = theirs(shop, tt.RatioOfMeans("clicks", "views"))
    assert (ratio.effect, ratio.pvalue) == pytest.approx((expected.effect_size, expected.pvalue), rel=1e-9)
    low, high = halves(shop, "latency")
    assert report.of("p90").effect == pytest.approx(np.quantile(high, 0.9) - np.quantile(low, 0.9))
    assert report.of("p90").verdict == "harms"


def test_a_ratio_with_covariates_is_that_of_tea_tasting(shop: dict[str, np.ndarray]) -> None:
    found = analyze_metrics(
        shop, ["ctr=clicks/views,covariate=clicks_before/views_before"], two_sided=True
    ).of("ctr")
    expected = theirs(shop, tt.RatioOfMeans("clicks", "views", "clicks_before", "views_before"))
    assert (found.effect, found.pvalue) == pytest.approx((expected.effect_size, expected.pvalue), rel=1e-9)
    ends = expected.effect_size_ci_lower, expected.effect_size_ci_upper
    assert (found.ci_low, found.ci_high) == pytest.approx(ends, rel=1e-9)


def test_one_covariate_is_cuped_and_several_are_least_squares(shop: dict[str, np.ndarray]) -> None:
    one = analyze_metrics(shop, ["spend:money,covariate=before"], two_sided=True).of("spend")
    pairs = [
        experiment.PairMoments.of(y, x)
        for y, x in zip(halves(shop, "spend"), halves(shop, "before"), strict=True)
    ]
    expected = experiment.cuped(*pairs, alternative="two-sided").comparison
    assert (one.effect, one.pvalue) == pytest.approx((expected.effect, expected.pvalue), rel=1e-9)
    several = analyze_metrics(shop, ["spend:money,covariate=before+views_before"], two_sided=True).of("spend")
    x = np.stack([shop["before"], shop["views_before"]], axis=1).astype(float)
    slopes = np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), shop["spend"], rcond=None)[0][1:]
    left = shop["spend"] - (x - x.mean(axis=0)) @ slopes
    test = stats.ttest_ind(left[shop["arm"] == "candidate"], left[shop["arm"] == "original"], equal_var=False)
    assert several.pvalue == pytest.approx(test.pvalue, rel=1e-9)


def test_post_stratification_weights_the_strata_by_their_clients(shop: dict[str, np.ndarray]) -> None:
    found = analyze_metrics(shop, ["spend:money"], strata="country", two_sided=True).of("spend")
    effect, square = 0.0, 0.0
    for country in np.unique(shop["country"]):
        here = shop["country"] == country
        original, candidate = (
            shop["spend"][here & (shop["arm"] == arm)] for arm in ("original", "candidate")
        )
        effect += here.mean() * (candidate.mean() - original.mean())
        square += here.mean() ** 2 * (stats.sem(candidate) ** 2 + stats.sem(original) ** 2)
    assert found.effect == pytest.approx(effect)
    assert found.pvalue == pytest.approx(2 * stats.norm.sf(abs(effect) / square**0.5), rel=1e-9)
    reach = stats.norm.isf(0.025) * square**0.5
    assert (found.ci_low, found.ci_high) == pytest.approx((effect - reach, effect + reach), rel=1e-9)
    assert "post-stratified" in found.method
    assert found.candidate_value - found.original_value == pytest.approx(effect)
    assert found.relative == pytest.approx(effect / found.original_value)
    assert found.relative_low < found.relative < found.relative_high


def test_decisions_are_corrected_together_and_guards_are_not(shop: dict[str, np.ndarray]) -> None:
    report = analyze_metrics(
        shop,
        ["spend:money", "bought", "clicks,role=watched", "latency:mean,direction=less,role=guard,margin=50%"],
    )
    decisions = [report.of("spend"), report.of("bought")]
    adjusted = experiment.adjust([r.pvalue for r in decisions], "holm").pvalues
    assert [r.p_adjusted for r in decisions] == pytest.approx(adjusted)
    guard = report.of("latency")
    assert (guard.verdict, guard.p_adjusted) == ("holds", guard.pvalue)
    assert report.sentence.startswith("The candidate improves spend (+")
    assert "guards: latency holds" in report.sentence
    assert "watched: clicks" in report.sentence
    assert report.sentence.count(".") >= 1
    assert "$" not in report.sentence.partition("guards")[2]


def test_a_guard_is_a_test_against_its_margin(shop: dict[str, np.ndarray]) -> None:
    low, high = halves(shop, "latency")
    found = analyze_metrics(shop, ["latency:mean,direction=less,role=guard,margin=0.5"]).of("latency")
    expected = stats.ttest_ind(high, low + 0.5, equal_var=False, alternative="less")
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    share = analyze_metrics(shop, ["latency:mean,direction=less,role=guard,margin=10%"]).of("latency")
    relative = stats.ttest_ind(high, 1.1 * low, equal_var=False, alternative="less")
    assert share.pvalue == pytest.approx(relative.pvalue, rel=1e-9)
    assert share.verdict == "breaks"


def test_a_guard_needs_its_margin() -> None:
    with pytest.raises(ValueError, match="margin of the guard pages must be given: how much worse"):
        Metric.parse("pages,role=guard")


def test_segments_come_with_their_interaction_and_a_warning() -> None:
    rng = np.random.default_rng(3)
    n = 12_000
    arm, country = rng.choice(["original", "candidate"], n), rng.choice(["a", "b"], n)
    bought = rng.random(n) < 0.1 + 0.1 * ((arm == "candidate") & (country == "b"))
    report = analyze_metrics({"arm": arm, "bought": bought, "country": country}, ["bought"], by=["country"])
    (interaction,) = report.interactions
    assert interaction.pvalue < 1e-6
    assert "effects differ between segments for bought by country" in report.note
    assert "by chance alone 0.1 of them" in report.note
    assert {s.segment for s in report.segments} == {"a", "b"}
    assert sum(s.n_original + s.n_candidate for s in report.segments) == n


def test_segments_that_cannot_be_compared_are_counted() -> None:
    arm = np.array(["original", "candidate"] * 500)
    data = {"arm": arm, "spend": np.arange(1_000.0) % 7, "country": ["a", "b"] * 499 + ["a", "c"]}
    data["country"][:100] = ["both"] * 100
    report = analyze_metrics(data, ["spend:money"], by=["country", "arm"])
    assert [(one.segment, one.n_original, one.n_candidate) for one in report.segments] == [("both", 50, 50)]
    assert report.note.endswith(
        "By country 3 segments are left out: too few clients in an arm, or nothing differs there."
        " By arm 2 segments are left out: too few clients in an arm, or nothing differs there."
    )
    assert analyze_metrics(data, ["spend:money"], by=["arm"]).note.startswith(
        "By arm 2 segments are left out"
    )


def test_several_candidates_share_the_correction_and_the_sentence() -> None:
    rng = np.random.default_rng(4)
    arm = rng.choice(["original", "a", "b"], 9_000)
    report = analyze_metrics(
        {"arm": arm, "bought": rng.random(9_000) < 0.1 + 0.05 * (arm == "b")}, ["bought"]
    )
    assert [r.candidate for r in report.results] == [
        name for name in dict.fromkeys(arm.tolist()) if name != "original"
    ]
    assert "b improves bought" in report.sentence.lower()
    assert report.of("bought", "b").p_adjusted == pytest.approx(2 * report.of("bought", "b").pvalue)


def test_caps_by_number_and_by_percentile_are_applied(shop: dict[str, np.ndarray]) -> None:
    for text, most in (
        ("spend:money,cap=20", 20.0),
        ("spend:money,cap=p90", np.percentile(shop["spend"], 90)),
    ):
        found = analyze_metrics(shop, [text]).of("spend")
        assert found.original_value == pytest.approx(np.minimum(halves(shop, "spend")[0], most).mean())


def test_a_cap_says_whom_it_cuts_and_one_that_leaves_nothing_what_would_fit() -> None:
    spend = np.array([0.0] * 995 + [10, 20, 30, 40, 1000])
    data = {"arm": np.tile(["original", "candidate"], 500), "spend": spend}
    found = next(c for c in analyze_metrics(data, ["spend:money,cap=30"]).checks if c.name == "cap of spend")
    assert found.numbers == {"cap": 30.0, "clients": 2.0, "share": pytest.approx(980 / 1100)}
    with pytest.raises(ValueError, match=r"99 % of them have 0; .* \(cap=961.6\), got 'p99'"):
        analyze_metrics(data, ["spend:money,cap=p99"])


def test_a_p_value_that_the_correction_overrules_is_called_uncorrected() -> None:
    rng = np.random.default_rng(5)
    data = {"arm": np.repeat(["original", "candidate"], 500)} | {
        f"m{i}": rng.normal(size=1000) for i in range(20)
    }
    data["m0"][500:] += 0.12 - (data["m0"][500:].mean() - data["m0"][:500].mean())
    report = analyze_metrics(data, [f"m{i}:mean" for i in range(20)])
    assert report.of("m0").pvalue < 0.05 < report.of("m0").p_adjusted
    assert "m0 (+0.12 per client, two-sided p 0.05" in report.sentence
    assert report.of("m0").change.endswith("before the correction")
    assert "before" not in analyze_metrics(data, ["m1:mean"]).sentence


@pytest.mark.parametrize("frame", [dict, pandas.DataFrame, pyarrow.table])
def test_dictionaries_frames_and_arrow_tables_give_the_same(
    shop: dict[str, np.ndarray], frame: object
) -> None:
    found = analyze_metrics(frame(shop), ["spend:money", "bought"], by=["country"])
    assert found == analyze_metrics(shop, ["spend:money", "bought"], by=["country"])


def test_rows_of_a_client_are_summed_and_a_proportion_is_of_clients() -> None:
    data = {
        "client": ["a", "a", "b", "c", "d", "d"],
        "arm": ["original"] * 3 + ["candidate"] * 3,
        "bought": [1, 1, 0, 0, 1, 1],
        "spend": [5.0, 6.0, 1.0, 2.0, 4.0, 4.0],
    }
    report = analyze_metrics(data, ["bought:proportion", "spend"])
    assert report.of("bought").original_value == 0.5
    assert report.of("spend").candidate_value == 5.0
    assert (report.rows, report.clients) == (6, 4)


def test_honest_metrics_are_rarely_wrong_whatever_their_number() -> None:
    rng = np.random.default_rng(11)
    wrong = 0
    for _ in range(400):
        arm = np.repeat(["original", "candidate"], 200)
        data = {"arm": arm, "a": rng.gamma(2, 5, 400), "b": rng.random(400) < 0.3, "c": rng.poisson(2, 400)}
        report = analyze_metrics(data, ["a:mean", "b:proportion", "c:count"])
        wrong += any(r.verdict == "improves" for r in report.results)
    assert wrong <= acceptance_band(400, 0.05).max_rejections


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spend:gold", "kind must be one of money"),
        ("spend,role=boss", "role must be one of decision"),
        ("spend,cap=p120", "percentile"),
        ("spend:role=watched", "keys after a comma: spend,role=watched"),
        ("spend:quantile", "q=0.9"),
        ("spend,colour=red", "made of name, kind"),
        ("spend,margin=2", "unless role=guard"),
        ("spend,guard", "KEY=VALUE"),
    ],
)
def test_a_metric_that_makes_no_sense_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Metric.parse(text)
