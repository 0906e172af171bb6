"""Compiles the text of .proto files to descriptors with protoc: some registries give the text only, as Java registers
it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

COMPILED_WITHIN_S: Final = 20.0
OUT: Final = "descriptors"


class ProtoRefused(ValueError):
    """Text that protoc refuses; the message is protoc's."""


def compile_proto(texts: Mapping[str, str]) -> list[Any]:
    """FileDescriptorProtos of .proto files and of all that they import, each after what it imports itself.

    protoc is a process of its own: what a stranger registered cannot take ours with it.

    Args:
        texts: of the files, by the names by which they import each other.

    Raises:
        ProtoRefused: one cannot be compiled.
        OSError: this machine cannot compile now: no room for files, or no time.
    """
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    with TemporaryDirectory(prefix="liftstream-proto-") as folder:
        for name, text in texts.items():
            path = Path(folder, _inside(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        line = [f"-I{folder}", "--include_imports", f"--descriptor_set_out={folder}/{OUT}", *texts]
        _run(line)
        return list(FileDescriptorSet.FromString(Path(folder, OUT).read_bytes()).file)


def _inside(name: str) -> PurePosixPath:
    """A name as a path below a folder; a registry's names are a stranger's."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not name.endswith(".proto") or name.startswith("-"):
        raise ProtoRefused(f"{name[:60]!r} is no name of a .proto file")
    return path


def _run(line: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # our Python and checked names
            [sys.executable, "-m", "grpc_tools.protoc", *line],
            capture_output=True,
            text=True,
            timeout=COMPILED_WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"protoc took more than {COMPILED_WITHIN_S:g} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise ProtoRefused(said[0] if said else f"protoc ended with {done.returncode}")
