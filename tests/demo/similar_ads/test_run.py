"""The demo of the similar ads, small, on the embedded broker: every visit is accounted for, and a verdict ends it."""

import tempfile
from pathlib import Path

import pytest

from liftstream.demo.similar_ads.closing import document_of, rows_of
from liftstream.demo.similar_ads.pictures import draw_pictures
from liftstream.demo.similar_ads.run import play
from liftstream.demo.similar_ads.story import SiteRequest

VISITS, PER_ARM = 150, 70


@pytest.mark.slow
def test_every_visit_is_counted_once_and_an_experiment_ends_in_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    request = SiteRequest(3, tmp_path, learning_visits=VISITS, effect=0.2, n_per_arm=PER_ARM)
    played = play(request, lambda _: None, lambda _: None)
    site, experiment = played.site, played.experiment
    assert sum(site.shown.values()) == VISITS + 2 * PER_ARM
    assert (experiment["state"], experiment["n_original"] + experiment["n_candidate"]) == (
        "finished",
        2 * PER_ARM,
    )
    by_reason = {f"{one['kind']} {one['reason']}": one["count"] for one in played.bandit["records"]}
    by_bandit = sum(site.shown.values()) - site.shown["the old block"]
    assert by_reason["impression counted"] == by_bandit
    assert by_reason["outcome counted"] == sum(site.contacted.values()) - site.contacted["the old block"]
    contacts = sum(round(arm["n"] * arm["mean"]) for arm in experiment["arms"])
    assert contacts <= sum(site.contacted.values())
    assert document_of(played, 3)["sentence"] == experiment["sentence"]
    assert rows_of(played)
    assert all(content.startswith(b"\x89PNG") for content in draw_pictures(played).values())
    assert list((tmp_path / "temporary").iterdir()) == []
