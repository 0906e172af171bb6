"""The base of every result of this package: frozen, printable, with `to_dict`."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from liftstream.experiment.charts.html import table


@dataclass(frozen=True, repr=False, eq=False)
class Record:
    """Base of the frozen dataclasses that functions return."""

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, nested records included."""
        return asdict(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_short(value)}" for name, value in self._known())
        return f"{type(self).__name__}({shown})"

    def _repr_html_(self) -> str:
        """A table of the known fields, for notebooks."""
        return table([type(self).__name__, ""], [(name, _short(value)) for name, value in self._known()])

    def _known(self) -> Iterator[tuple[str, Any]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, value


def _short(value: Any) -> str:
    if isinstance(value, tuple) and value and all(isinstance(item, float) for item in value):
        return f"({', '.join(map(_short, value))})"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
