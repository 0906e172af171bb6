"""The job's environment, created once in the user's cache folder: Python with PyFlink, and the jars.

PyFlink requires numpy 2.1 and pandas 2.2, so it gets its own environment, from a lock file. Our own packages are not
installed there: every job carries them, as one archive.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, NamedTuple

from liftstream.broker.jars import (
    cache_folder,
    fetched_jars,
    java_version,
    javas,
    rename_unless_another_was_first,
)
from liftstream.contracts.errors import BrokerError, LiftstreamError

HERE: Final = Path(__file__).parent
JAVA_FOLDER: Final = HERE / "java"
POM: Final = JAVA_FOLDER / "pom.xml"
JAVA_VERSIONS: Final = range(17, 22)
"""Versions of Java on which Flink 2 runs and for which our operator is compiled."""
PYTHON_VERSIONS: Final = ((3, 11), (3, 12))
OPERATOR: Final = "liftstream-flink.jar"

Say = Callable[[str], None]


class FlinkMissing(LiftstreamError):
    """Flink, its jars or its Java are missing."""


class Installation(NamedTuple):
    """The programs and files with which the job is run.

    Attributes:
        python: has PyFlink.
        java_home: of a Java that Flink runs on.
        jars: our operator, and Flink's Kafka connector.
    """

    python: Path
    java_home: Path
    jars: tuple[Path, ...]

    @property
    def flink_home(self) -> Path:
        """The Flink that comes with PyFlink."""
        return next((self.python.parents[1] / "lib").glob("python*/site-packages/pyflink"))


def lock_file() -> Path:
    """The lock of the Python environment: of the installed package, or of the repository."""
    shipped = HERE / "requirements.txt"
    return shipped if shipped.is_file() else HERE.parents[1] / "requirements" / "flink.txt"


def find_installation() -> Installation:
    """The existing installation.

    Raises:
        FlinkMissing: nothing was, or there is no fitting Java.
    """
    java_home = find_java_home()
    if not _environment().is_dir() or not _jars().is_dir():
        raise FlinkMissing(
            "PyFlink needs an environment of its own and there is none yet; 'liftstream flink install' makes it (850 MB)"
        )
    return _installation(java_home)


def install(say: Say) -> Installation:
    """Creates the environment and the jars from the network, if they do not exist yet.

    Raises:
        FlinkMissing: a step failed; the message holds its last words.
    """
    java_home = find_java_home()
    if not _environment().is_dir():
        say(f"installing PyFlink as {lock_file().name} says")
        _make(_environment(), _install_python)
    if not _jars().is_dir():
        say("fetching Flink's Kafka connector and compiling the join")
        _make(_jars(), lambda work: _make_jars(work, java_home))
    return _installation(java_home)


def _make(folder: Path, fill: Callable[[Path], None]) -> None:
    """Creates a folder completely or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=".flink-", dir=folder.parent))
    try:
        fill(work)
        rename_unless_another_was_first(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def find_java_home() -> Path:
    """The home of a Java that Flink runs on, from JAVA_HOME or the system.

    Raises:
        FlinkMissing: there is none.
    """
    seen = []
    for java in javas():
        if java.is_file():
            version = java_version(java)
            if version in JAVA_VERSIONS:
                return java.resolve().parents[1]
            seen.append(f"{version} at {java}")
    found = f"found {', '.join(seen)}" if seen else "found none"
    raise FlinkMissing(
        f"Flink needs Java {JAVA_VERSIONS[0]} to {JAVA_VERSIONS[-1]}, {found}; install one, or name it by JAVA_HOME"
    )


def _environment() -> Path:
    return cache_folder("flink-python", lock_file())


def _jars() -> Path:
    return cache_folder("flink-jars", lock_file(), POM, *_sources())


def _sources() -> list[Path]:
    return sorted(JAVA_FOLDER.rglob("*.java"))


def _installation(java_home: Path) -> Installation:
    return Installation(_environment() / "bin/python", java_home, tuple(sorted(_jars().glob("*.jar"))))


def _install_python(venv: Path) -> None:
    base, lock = _base_python(), lock_file()
    uv = _uv()
    if uv:
        _call(*uv, "venv", "--quiet", "--python", base, venv)
        _call(
            *uv, "pip", "install", "--quiet", "--python", venv / "bin/python", "--require-hashes", "-r", lock
        )
    else:
        _call(base, "-m", "venv", venv)
        _call(venv / "bin/python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock)


def _base_python() -> Path:
    if sys.version_info[:2] in PYTHON_VERSIONS:
        return Path(sys.executable)
    for major, minor in reversed(PYTHON_VERSIONS):
        if found := shutil.which(f"python{major}.{minor}"):
            return Path(found)
    wanted = " or ".join(f"{major}.{minor}" for major, minor in PYTHON_VERSIONS)
    raise FlinkMissing(f"PyFlink needs Python {wanted}, and there is none on the PATH; install one")


def _uv() -> list[str]:
    """The command of uv, which installs in a quarter of the time; empty if it is missing."""
    if find_spec("uv"):
        return [sys.executable, "-m", "uv"]
    found = shutil.which("uv")
    return [found] if found else []


def _make_jars(work: Path, java_home: Path) -> None:
    javac = java_home / "bin" / "javac"
    if not javac.is_file():
        raise FlinkMissing(
            f"the join is compiled by javac, and {java_home} has none; install a JDK of Java 17 or 21"
        )
    try:
        fetched = fetched_jars("Flink's Kafka connector", POM, work / "fetched")
    except BrokerError as error:
        raise FlinkMissing(str(error)) from None
    flink = next((_environment() / "lib").glob("python*/site-packages/pyflink/lib"))
    path = os.pathsep.join(f"{folder}/*" for folder in (flink, fetched))
    classes = work / "classes"
    _call(javac, "-nowarn", "--release", JAVA_VERSIONS[0], "-cp", path, "-d", classes, *_sources())
    _call(javac.with_name("jar"), "cf", work / OPERATOR, "-C", classes, "liftstream")
    for jar in fetched.glob("*.jar"):
        jar.rename(work / jar.name)


def _call(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it said nothing"]
        said = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise FlinkMissing(f"{Path(str(command[0])).name} failed: {said}")
