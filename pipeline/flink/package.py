"""Writes everything that a cluster needs into one folder, with the command that submits it."""

import shutil
import tarfile
from pathlib import Path
from typing import Final

from pipeline.flink.code_archive import write_code
from pipeline.flink.installation import Installation, lock_file

CODE: Final = "liftstream.zip"
MODEL: Final = "model.pmml"
STREAM: Final = "stream.yaml"
SUBMIT: Final = "submit.sh"
ENVIRONMENT: Final = "environment.tar.gz"
OF_FLINK_ITSELF: Final = ("lib", "opt", "examples", "log")
"""Parts of PyFlink's folder, 300 MB, that every machine of a cluster has anyway."""
SCRIPT: Final = Path(__file__).with_name(SUBMIT)


def write_package(
    folder: Path, installation: Installation, model: Path, stream: Path, *, with_environment: bool = False
) -> list[Path]:
    """Fills a folder; returns its files.

    Args:
        folder: made where it is not there.
        installation: with the jars.
        model: its card goes along.
        stream: the definition.
        with_environment: Python with everything locked besides, as an archive for `-pyarch`.
    """
    (folder / "jars").mkdir(parents=True, exist_ok=True)
    write_code(folder / CODE)
    for jar in installation.jars:
        shutil.copy(jar, folder / "jars")
    shutil.copy(model, folder / MODEL)
    if (card := model.with_suffix(".json")).is_file():
        shutil.copy(card, (folder / MODEL).with_suffix(".json"))
    shutil.copy(stream, folder / STREAM)
    shutil.copy(lock_file(), folder / "requirements.txt")
    shutil.copy(SCRIPT, folder)
    if with_environment:
        _archive(installation, folder / ENVIRONMENT)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _archive(installation: Installation, archive: Path) -> None:
    root, pyflink = installation.python.parents[1], installation.flink_home
    left_out = {pyflink / name for name in OF_FLINK_ITSELF}

    def keep(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        is_cache = entry.name.endswith("__pycache__")
        return None if is_cache or root / entry.name in left_out else entry

    with tarfile.open(archive, "w:gz", compresslevel=1) as file:
        for path in sorted(root.iterdir()):
            file.add(path, path.name, filter=keep)
