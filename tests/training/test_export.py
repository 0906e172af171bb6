"""Exports: silent, without a clock, and unable to tell anybody."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.preprocessing import OneHotEncoder
from sklearn2pmml.pipeline import PMMLPipeline

from liftstream.cli.app import liftstream
from liftstream.contracts.errors import LiftstreamError, ModelError
from liftstream.scoring.loading import load_content
from training import export as exporting
from training.cross_selling.dataset import simulate
from training.cross_selling.models import MODELS, ModelEntry, Trained, fit
from training.export import EXPORTER_LASTS, WARN_BEFORE, check_exporter, export


class Listener:
    """A proxy that notes the first line of whoever comes, and answers nothing."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while True:
            try:
                visitor, _ = self.socket.accept()
            except OSError:
                return
            with visitor:
                self.heard.append(visitor.recv(1000).split(b"\r\n")[0])


@pytest.fixture
def proxy() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.socket.close()


def through(proxy: Listener, folder: Path) -> list[str]:
    """Java options that lead every HTTP call to the proxy, and every name to this machine in case one does not obey."""
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 telemetry.jpmml.org\n")
    return ["-Dhttps.proxyHost=127.0.0.1", f"-Dhttps.proxyPort={proxy.port}", f"-Djdk.net.hosts.file={hosts}"]


@pytest.fixture(scope="module")
def refused() -> Trained:
    """An estimator that the exporter does not know."""
    estimator = GaussianProcessClassifier().fit(np.array([[0.0], [1.0]]), [0, 1])
    return Trained(ModelEntry("odd", "odd", "odd"), estimator, ("man",))


def trees_of_missing_texts() -> tuple[PMMLPipeline, pd.DataFrame]:
    """A forest that splits on whether a text is missing, and the rows that it was fitted on."""
    rows = pd.DataFrame({"plan": ["a", "b", None, "c"] * 100, "calls": [float(i % 7) for i in range(400)]})
    likely = rows["plan"].isna() | (rows["calls"] > 5)
    columns = ColumnTransformer([("texts", OneHotEncoder(), ["plan"])], remainder="passthrough")
    forest = RandomForestClassifier(5, max_depth=3, random_state=1)
    return PMMLPipeline([("columns", columns), ("forest", forest)]).fit(rows, likely.astype(int)), rows


def test_trees_of_missing_texts_are_refused_with_what_to_do_and_then_agree() -> None:
    pipeline, rows = trees_of_missing_texts()
    with pytest.raises(
        ModelError, match=r"configure\(allow_missing=True\): docs/your-own-model.md#missing-texts"
    ):
        export("mine", pipeline, rows.columns)
    pipeline.configure(allow_missing=True)
    found = load_content(export("mine", pipeline, rows.columns), Path("mine.pmml")).score(rows)
    np.testing.assert_allclose(found["probability(1)"], pipeline.predict_proba(rows)[:, 1], atol=1e-12)


def test_a_failed_export_is_one_line_and_tells_nobody(
    refused: Trained,
    proxy: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(exporting, "WITHOUT_NETWORK", [*exporting.WITHOUT_NETWORK, *through(proxy, tmp_path)])
    with pytest.raises(
        ModelError, match="odd: sklearn2pmml cannot export it: .*GaussianProcessClassifier"
    ) as caught:
        export("odd", refused.estimator, refused.features)
    assert "\n" not in str(caught.value)
    assert proxy.heard == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_without_our_java_options_the_same_failure_would_be_posted(
    refused: Trained, proxy: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "WITHOUT_NETWORK", through(proxy, tmp_path))
    with pytest.raises(ModelError):
        export("odd", refused.estimator, refused.features)
    assert [line.split()[:2] for line in proxy.heard][:1] == [[b"CONNECT", b"telemetry.jpmml.org:443"]]


@pytest.mark.slow
def test_an_export_says_nothing_and_holds_no_time(capfd: pytest.CaptureFixture[str]) -> None:
    trained = fit(MODELS[0], simulate(1000, 1).train, 1)
    document = export("cross_selling", trained.estimator, trained.features)
    assert capfd.readouterr() == ("", "")
    assert b"Timestamp" not in document
    assert document.startswith(b"<?xml")
    assert b'name="probability(1)"' in document


def test_the_rule_shows_men_whatever_the_labels_say() -> None:
    rows = simulate(1000, 1).train
    (rule,) = (model for model in MODELS if model.is_rule)
    assert np.array_equal(fit(rule, rows, 1).score(rows), rows.man.astype(float))


def test_the_end_of_the_exporter_is_announced_in_time_and_refused_after_it() -> None:
    built = exporting._build_time()
    stops = built + EXPORTER_LASTS
    assert check_exporter(stops - WARN_BEFORE - timedelta(days=1)) is None
    assert f"stops exporting on {stops:%Y-%m-%d}" in (check_exporter(stops - WARN_BEFORE) or "")
    with pytest.raises(LiftstreamError, match="refuses to export since"):
        check_exporter(stops)
    assert built > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("command", ["cross-selling", "look-alike", "spending --users 50"])
def test_no_training_begins_that_could_not_be_exported(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_build_time", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(LiftstreamError, match="refuses to export since"):
        liftstream.main(["train", *command.split(), "--out", str(tmp_path)], standalone_mode=False)
    assert list(tmp_path.rglob("*.*")) == []


def test_the_error_says_what_failed_and_why() -> None:
    """A date that is not declared as one: the exporter's first line names the step only."""
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier
    from sklearn2pmml.preprocessing import DaysSinceYearTransformer

    frame = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2021-01-01"])})
    days = ColumnTransformer([("day", DaysSinceYearTransformer(year=2000), ["day"])])
    estimator = make_pipeline(days, DecisionTreeClassifier()).fit(frame, [0, 1])
    with pytest.raises(
        ModelError, match=r"DaysSinceYearTransformer.*; .*Expected a date-type object"
    ) as caught:
        export("days", estimator, ["day"])
    assert "HttpClient" not in str(caught.value)
