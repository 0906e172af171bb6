"""From a path to a model: the gate, then the engine that scores the document exactly, or a refusal."""

from pathlib import Path

from liftstream.contracts.model_card import hash_of
from liftstream.scoring.document import Document
from liftstream.scoring.gate import admit, read_file
from liftstream.scoring.model import Model


def load(path: str | Path) -> Model:
    """A model that scores rows.

    Args:
        path: of a PMML file, version 3.0 to 4.4.

    Raises:
        InputError: there is no such file.
        ModelRefused: the file is hostile, too large, not PMML or breaks the standard.
        ModelUnsupported: an element of it is not scored exactly; the message names it.
    """
    path = Path(path)
    return load_content(read_file(path), path)


def load_content(content: bytes, path: Path) -> Model:
    """As `load`, of bytes that were read from `path`."""
    return Model(Document(admit(content, str(path))), path, hash_of(content))
