"""The gate: no loader of any kind sees a file that did not pass here.

Refused before anything is interpreted: more than 50 MB (`size_limit.py`), an encoding that expat does not read, a
DOCTYPE or any entity declaration, nesting deeper than 200, more than 5 million elements (for 50 MB), a root that is not
PMML 3.0 to 4.4. Nothing is fetched. Extensions are left out, but for what `CARRIED` names.
"""

import re
from pathlib import Path
from typing import Any, Final, NoReturn
from xml.parsers import expat

from liftstream.contracts.errors import InputError, ModelRefused
from liftstream.scoring.xml import size_limit
from liftstream.scoring.xml.converters import CORRECTED, converter_of
from liftstream.scoring.xml.element import NO_ATTRIBUTES, NO_CHILDREN, Element, TreeElement
from liftstream.scoring.xml.packed_tree import Event, Packer, TextTables
from liftstream.scoring.xml.size_limit import allowed_bytes, too_large, unpack

MAX_DEPTH: Final = 200
MAX_ELEMENTS: Final = 5_000_000
NAMESPACE: Final = re.compile(r"https?://www\.dmg\.org/PMML-(\d+)_(\d+)(?:_\d+)?/?")
CARRIED: Final = {"BayesInput"}
"""What an Extension may carry: R wrote the continuous inputs of naive Bayes so before the standard had them."""
VERSIONS: Final = {(3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (4, 2), (4, 3), (4, 4)}


def read_file(path: Path) -> bytes:
    """The bytes of a model file.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(allowed_bytes(path.stat().st_size) + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; give the path of a PMML file") from error
    return content


def admit(content: bytes, source: str) -> Element:
    """The document's root element.

    Args:
        content: of the file.
        source: how messages call the file.

    Raises:
        ModelRefused: the document is hostile, too large, not XML or not PMML.
    """
    document = unpack(content, source)
    limit = allowed_bytes(len(document))
    if len(document) > limit:
        raise too_large(source, len(document), limit)
    return _DocumentReader(source, MAX_ELEMENTS * limit // size_limit.MAX_BYTES).read(document)


class _DocumentReader:
    """Expat's callbacks, which build the tree and stop at the first thing that is not allowed."""

    def __init__(self, source: str, most_elements: int) -> None:
        self.source, self.most_elements = source, most_elements
        self.open: list[Element] = []
        self.root: Element | None = None
        self.namespace = ""
        self.count = self.depth = 0
        self.texts: list[str] = []
        self.tags: dict[str, str] = {}
        self.tables = TextTables()
        self.events: list[Event] = []
        self.tree_depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def read(self, content: bytes) -> Element:
        try:
            self.parser.Parse(content, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise ModelRefused(
                f"{self.source}: line {error.lineno}: not well-formed XML: {reason}"
            ) from error
        except (
            LookupError,
            ValueError,
            MemoryError,
        ) as error:  # an encoding that Python cannot map for expat
            raise ModelRefused(
                f"{self.source}: line 1: the encoding is not read ({error}); save the file as UTF-8"
            ) from error
        assert self.root is not None  # noqa: S101 - expat accepts no document without a root
        return self.root

    def _refuse(self, problem: str) -> NoReturn:
        raise ModelRefused(f"{self.source}: line {self.parser.CurrentLineNumber}: {problem}")

    def _doctype(self, *_: Any) -> None:
        self._refuse("a DOCTYPE or entity declaration is not allowed; remove it, PMML needs none")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count_in()
        tag = self.tags.get(name) or self._local(name, attributes)
        if tag == "Node" and self._packs():
            self._begin_tree(name, attributes)
            return
        self._open(tag, attributes, self.parser.CurrentLineNumber)

    def _count_in(self) -> None:
        self.count += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._refuse(f"elements nest deeper than {MAX_DEPTH}")
        if self.count > self.most_elements:
            self._refuse(f"more than {self.most_elements:,} elements")

    def _open(self, tag: str, attributes: dict[str, str], line: int) -> None:
        kind = TreeElement if tag == "TreeModel" else Element
        element = kind(tag, attributes or NO_ATTRIBUTES, line, self.source)
        if self.open:
            parent = self.open[-1]
            if parent.children is NO_CHILDREN:
                parent.children = []
            parent.children.append(element)  # type: ignore[union-attr]
        else:
            self.root = element
        self.open.append(element)
        self.texts = []

    def _end(self, _name: str) -> None:
        self.depth -= 1
        self._close()

    def _close(self) -> None:
        element = self.open.pop()
        if not element.children:
            element.text = "".join(self.texts)
        self.texts = []
        if element.tag == "Extension" and self.open:
            siblings = self.open[-1].children
            assert isinstance(siblings, list)  # noqa: S101 - it holds this element
            siblings[-1:] = [child for child in element.children if child.tag in CARRIED]

    def _packs(self) -> bool:
        """Whether the nodes that begin here are read as arrays: a tree's first, of no converter that has to be corrected."""
        parent = self.open[-1] if self.open else None
        if (
            not isinstance(parent, TreeElement)
            or parent.first("Node") is not None
            or parent.packed is not None
        ):
            return False
        assert self.root is not None  # noqa: S101 - it holds the parent
        return converter_of(self.root) not in CORRECTED

    def _begin_tree(self, name: str, attributes: dict[str, str]) -> None:
        """From here to the end of this node, events are noted and nothing is built."""
        self.events = [(name, attributes, self.parser.CurrentLineNumber)]
        self.tree_depth = self.depth
        self.parser.StartElementHandler = self._note_start
        self.parser.EndElementHandler = self._note_end
        self.parser.CharacterDataHandler = self._note_text

    def _note_start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        self.depth += 1
        if self.depth > MAX_DEPTH or self.count > self.most_elements:
            self.count, self.depth = self.count - 1, self.depth - 1
            self._count_in()
        self.events.append((name, attributes, self.parser.CurrentLineNumber))

    def _note_text(self, data: str) -> None:
        if not data.isspace():
            self.events.append(data)

    def _note_end(self, _name: str) -> None:
        self.depth -= 1
        if self.depth >= self.tree_depth:
            self.events.append(None)
            return
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._end_tree()

    def _end_tree(self) -> None:
        """The tree is packed; or, where it holds what is not packed, built as any other elements are."""
        events, self.events = self.events, []
        prefix = f"{self.namespace} " if self.namespace else ""
        packed = Packer(self.tables, prefix, self.source).pack(events)
        if packed is not None:
            self.open[-1].packed = packed  # type: ignore[attr-defined]
            return
        for event in events:
            if event is None:
                self._close()
            elif isinstance(event, str):
                self.texts.append(event)
            else:
                self._open(self._local(event[0], event[1]), event[1], event[2])
        self._close()

    def _text(self, data: str) -> None:
        self.texts.append(data)

    def _local(self, name: str, attributes: dict[str, str]) -> str:
        namespace, _, local = name.rpartition(" ")
        if self.root is None:
            self._check_root(namespace, local, attributes)
            self.namespace = namespace
        tag = self.tags[name] = local if namespace == self.namespace else f":{local}"
        return tag

    def _check_root(self, namespace: str, local: str, attributes: dict[str, str]) -> None:
        if local != "PMML":
            self._refuse(f"the root element is <{local[:60]}>; accepted: <PMML>")
        found = NAMESPACE.fullmatch(namespace)
        if namespace and not found:
            self._refuse(f"the namespace {namespace[:60]!r} is not PMML's; accepted: PMML 3.0 to 4.4")
        version = found.groups() if found else tuple(attributes.get("version", "").split(".")[:2])
        if not all(part.isdecimal() for part in version) or tuple(map(int, version)) not in VERSIONS:
            said = ".".join(version)[:60] or "none"
            self._refuse(f"the PMML version is {said}; accepted: 3.0 to 4.4")
