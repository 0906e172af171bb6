"""Small PMML documents for tests, and their scores."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from liftstream import scoring

NUMBER = 'optype="continuous" dataType="double"'
WORD = 'optype="categorical" dataType="string"'


def document(model: str, **fields: str) -> str:
    """A document around a model element; `fields` are attributes of DataFields, or `a|b|c`, the values of a word."""
    listed = "".join(
        f"<DataField name='{name}' {_described(kind)}</DataField>" for name, kind in fields.items()
    )
    return (
        "<PMML xmlns='http://www.dmg.org/PMML-4_4' version='4.4'><Header/>"
        f"<DataDictionary>{listed}</DataDictionary>{model}</PMML>"
    )


def schema(target: str | None, *inputs: str) -> str:
    """A MiningSchema."""
    named = "" if target is None else f"<MiningField name='{target}' usageType='target'/>"
    return (
        f"<MiningSchema>{named}{''.join(f'<MiningField name={name!r}/>' for name in inputs)}</MiningSchema>"
    )


def score(text: str, **columns: Any) -> scoring.Scores:
    """What the document gives for these columns."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.pmml"
        path.write_text(text)
        return scoring.load(path).score(columns)


def _described(kind: str) -> str:
    if "=" in kind:
        return f"{kind}>"
    return f"{WORD}>" + "".join(f"<Value value='{value}'/>" for value in kind.split("|") if value)
