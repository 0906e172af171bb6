from pathlib import Path

import pytest

from liftstream.contracts.errors import InputError, ModelRefused
from liftstream.scoring.xml import gate
from liftstream.scoring.xml.gate import admit, read_file

HOSTILE = Path(__file__).parents[1] / "cases" / "hostile"
PMML = '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">'


def refusal(content: bytes | str) -> str:
    with pytest.raises(ModelRefused) as caught:
        admit(content if isinstance(content, bytes) else content.encode(), "m.pmml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("billion_laughs", "line 2: a DOCTYPE"),
        ("xxe_file", "line 2: a DOCTYPE"),
        ("deep_tree", "line 2: elements nest deeper than 200"),
    ],
)
def test_a_hostile_file_is_refused(name: str, why: str) -> None:
    assert why in refusal((HOSTILE / f"{name}.pmml").read_bytes())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "not well-formed XML"),
        ("no xml", "not well-formed XML"),
        (f"{PMML}<Header></PMML>", "line 1: not well-formed XML: mismatched tag"),
        ("<html/>", "the root element is <html>; accepted: <PMML>"),
        (
            '<PMML xmlns="http://example.org/other" version="4.4"/>',
            "the namespace 'http://example.org/other'",
        ),
        (
            '<PMML xmlns="http://www.dmg.org/PMML-2_1" version="2.1"/>',
            "the PMML version is 2.1; accepted: 3.0 to 4.4",
        ),
        ('<PMML version="x.y"/>', "the PMML version is x.y"),
        ("<PMML/>", "the PMML version is none"),
        ('<?xml version="1.0" encoding="klingon"?><PMML/>', "encoding"),
    ],
)
def test_what_is_not_pmml_is_refused_with_its_line(content: str, why: str) -> None:
    assert why in refusal(content)


@pytest.mark.parametrize("version", ["3_0", "3_2", "4_0", "4_1", "4_2", "4_3", "4_4"])
def test_every_version_from_3_0_is_admitted(version: str) -> None:
    content = f'<PMML xmlns="http://www.dmg.org/PMML-{version}" version="x"><Header/></PMML>'
    assert admit(content.encode(), "m").one("Header").tag == "Header"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_every_encoding_that_expat_reads_is_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><PMML version="4.4"><Header copyright="é"/></PMML>'
    assert admit(text.encode(encoding), "m").one("Header").get("copyright") == "é"


def test_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MAX_ELEMENTS", 10)
    assert "more than 10 elements" in refusal(f"{PMML}{'<a/>' * 20}</PMML>")


def test_a_large_file_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gate, "allowed_bytes", lambda size: 1_000_000)
    (tmp_path / "large.pmml").write_bytes(b"<" * 2_000_000)
    assert "larger than 1 MB" in refusal(read_file(tmp_path / "large.pmml"))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="nowhere.pmml: cannot be read: No such file"):
        read_file(Path("nowhere.pmml"))


def test_extensions_are_left_out_and_foreign_elements_keep_a_colon() -> None:
    root = admit(f'{PMML}<Extension><True/></Extension><x:row xmlns:x="urn:x"/></PMML>'.encode(), "m")
    assert [child.tag for child in root.children] == [":row"]
