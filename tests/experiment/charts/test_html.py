import numpy as np

from liftstream import experiment


def test_names_of_arms_are_escaped_in_a_notebook() -> None:
    rng = np.random.default_rng(1)
    arm = rng.choice(["original", "<script>alert(1)</script>"], 400)
    report = experiment.analyze({"arm": arm, "revenue": rng.gamma(2, 5, 400)})
    several = experiment.analyze_metrics({"arm": arm, "<b>": rng.random(400) < 0.5}, ["<b>"])
    for shown in (report._repr_html_(), several._repr_html_()):
        assert "<script>" not in shown
        assert "<b>" not in shown
    assert "&lt;script&gt;" in report._repr_html_()
