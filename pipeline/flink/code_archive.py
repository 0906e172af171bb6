"""Our own code as one archive that is sent with the job, so the machines of a cluster need only the locked
environment."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import liftstream
import pipeline

PACKAGES = (liftstream, pipeline)
SUFFIXES = {".py", ".json", ".java", ".xml", ".txt"}


def write_code(archive: Path) -> Path:
    """Writes the packages; the same code gives the same bytes."""
    with ZipFile(archive, "w", ZIP_DEFLATED) as file:
        for path, name in _files():
            entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = ZIP_DEFLATED
            file.writestr(entry, path.read_bytes())
    return archive


def _files() -> Iterator[tuple[Path, str]]:
    for package in PACKAGES:
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path, path.relative_to(folder.parent).as_posix()
