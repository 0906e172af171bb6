"""From a path to a model: the gate, then the engine that scores the document, or a refusal that names the element."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liftstream.contracts.errors import ModelUnsupported
from liftstream.contracts.model_card import hash_of
from liftstream.scoring.compile.document import PmmlDocument
from liftstream.scoring.model import Model
from liftstream.scoring.reference import ReferenceModel, is_installed
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.gate import admit, read_file


def load(path: str | Path) -> Model:
    """A model that scores rows, compiled.

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
    with _without_collector():
        return Model(PmmlDocument(admit(content, str(path))), path, hash_of(content))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Python's garbage collector would go through every element again and again while a large document grows."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load_any(path: str | Path) -> Model | ReferenceModel:
    """As `load`, but a model with an element that is not compiled here goes to pypmml where that is installed.

    Raises:
        InputError, ModelRefused: as `load`.
        ModelUnsupported: as `load`, where pypmml is not installed.
    """
    path = Path(path)
    content = read_file(path)
    with _without_collector():
        root = admit(content, str(path))
        try:
            return Model(PmmlDocument(root), path, hash_of(content))
        except ModelUnsupported as error:
            if not is_installed():
                raise
            return ReferenceModel(path, hash_of(content), _active_fields(root), str(error))


def _active_fields(root: Element) -> list[str]:
    """The inputs that the first MiningSchema names."""
    schema = next((element for element in root.walk() if element.tag == "MiningSchema"), None)
    fields = [] if schema is None else schema.all("MiningField")
    return [f.need("name") for f in fields if f.get("usageType") in (None, "active")]
