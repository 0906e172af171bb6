"""Finds default files: in the current folder, then in the installed package."""

from pathlib import Path

import liftstream
from liftstream.contracts.errors import InputError


def shipped_models() -> Path:
    """The folder of the models that came with the installation."""
    return _shipped("pmml")


def _shipped(folder: str) -> Path:
    package = Path(liftstream.__file__).parent
    installed = package / folder
    return installed if installed.is_dir() else package.parent / folder


def find_stream(path: Path) -> Path:
    """The stream definition `path`, or the shipped one of that name under `config/`.

    Raises:
        InputError: there is neither.
    """
    if path.is_file():
        return path
    shipped = _shipped("config") / path.name
    if path.parent == Path("config") and shipped.is_file():
        return shipped
    raise InputError(f"{path}: no such stream definition; 'liftstream stream infer' writes a first one")


def find_model(path: Path) -> Path:
    """The model file `path`, or the shipped one of that name under `pmml/`.

    Raises:
        InputError: there is neither.
    """
    if path.is_file():
        return path
    shipped = shipped_models() / path.name
    if path.parent == Path("pmml") and shipped.is_file():
        return shipped
    raise InputError(f"{path}: no such model file; 'liftstream train' writes pmml/cross_selling.pmml")


def model_named(name: str) -> Path:
    """The model that `--candidate NAME` means.

    Raises:
        InputError: no such model; the message lists those there are.
    """
    try:
        return find_model(Path("pmml") / f"{name}.pmml")
    except InputError:
        known = sorted({p.stem for folder in (Path("pmml"), shipped_models()) for p in folder.glob("*.pmml")})
        raise InputError(
            f"no model named {name!r}; there are: {', '.join(known) or 'none, run liftstream train'}"
        ) from None
