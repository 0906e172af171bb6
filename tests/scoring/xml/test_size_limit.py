"""Large and gzipped models: read where the setting allows it, refused with advice where not."""

import gzip
import tracemalloc
from pathlib import Path

import pytest

from liftstream import scoring
from liftstream.contracts.errors import ModelError, ModelRefused
from liftstream.contracts.features import FEATURES
from liftstream.scoring.xml import size_limit
from liftstream.scoring.xml.gate import admit

SHIPPED = Path(__file__).parents[3] / "pmml"
PMML = '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">'
MB = 1_000_000


def padded(megabytes: int) -> bytes:
    return f"{PMML}<Header/>{' ' * megabytes * MB}</PMML>".encode()


def test_the_setting_lets_a_larger_file_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ModelRefused, match="larger than 50 MB; LIFTSTREAM_SCORING__MODEL_MOST_MB=52 in the env"
    ):
        admit(padded(51), "m.pmml")
    monkeypatch.setenv("LIFTSTREAM_SCORING__MODEL_MOST_MB", "52")
    assert admit(padded(51), "m.pmml").tag == "PMML"


def test_a_gzipped_model_scores_and_has_its_card(tmp_path: Path) -> None:
    plain = SHIPPED / "cross_selling.pmml"
    packed = tmp_path / "cross_selling.pmml.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    rows = {name: [0.0, 1.0] for name in FEATURES}
    ours, theirs = (scoring.load(path).score(rows)["probability(1)"] for path in (packed, plain))
    assert ours.tolist() == theirs.tolist()
    assert scoring.load_for_decision(packed, FEATURES).default_threshold is None
    (tmp_path / "cross_selling.json").write_bytes((SHIPPED / "cross_selling.json").read_bytes())
    with pytest.raises(ModelError, match="another file"):
        scoring.load_for_decision(packed, FEATURES)


def test_a_gzipped_file_is_unpacked_no_further_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_limit, "MAX_BYTES", MB)
    monkeypatch.setattr(size_limit, "allowed_bytes", lambda size: MB)
    bomb = gzip.compress(padded(100))
    tracemalloc.start()
    try:
        with pytest.raises(ModelRefused, match="larger than 1 MB"):
            admit(bomb, "m.pmml.gz")
        assert tracemalloc.get_traced_memory()[1] < 5 * MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"\x1f\x8bnonsense", gzip.compress(padded(1))[:-20]])
def test_what_is_no_whole_gzip_is_refused(content: bytes) -> None:
    with pytest.raises(ModelRefused, match="not a gzip file that can be read"):
        admit(content, "m.pmml.gz")
