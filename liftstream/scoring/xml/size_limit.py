"""How large a model's file may be: 50 MB, or what the setting SCORING__MODEL_MOST_MB says; gzip is read up to the same
size."""

import math
import zlib
from typing import Final

from liftstream.contracts.errors import ModelRefused

MAX_BYTES: Final = 50_000_000
"""Read without asking for the setting."""
MEGABYTE: Final = 1_000_000
GZIP: Final = b"\x1f\x8b"


def allowed_bytes(size: int) -> int:
    """The most bytes that a document of this size may have; the setting is looked up where the default is not enough."""
    if size <= MAX_BYTES:
        return MAX_BYTES
    from liftstream.contracts.settings import load_settings  # pydantic, for large files only

    return max(MAX_BYTES, load_settings().scoring.model_most_mb * MEGABYTE)


def too_large(source: str, size: int | None, limit: int) -> ModelRefused:
    """The refusal, with what to do. `size` is None where it is not known."""
    wanted = "its size in MB" if size is None else str(math.ceil(size / MEGABYTE))
    return ModelRefused(
        f"{source}: larger than {limit // MEGABYTE} MB; LIFTSTREAM_SCORING__MODEL_MOST_MB={wanted} in the environment or"
        " .env reads it, or train fewer and smaller trees (min_samples_leaf), which are served faster, too"
    )


def unpack(content: bytes, source: str) -> bytes:
    """The document of a gzipped file; any other content as it is.

    Raises:
        ModelRefused: it is not whole, or larger than allowed.
    """
    if not content.startswith(GZIP):
        return content
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        document = reader.decompress(content, MAX_BYTES + 1)
        if len(document) > MAX_BYTES:
            limit = allowed_bytes(len(document))
            if len(document) <= limit:  # beyond it 0 would be asked for, which zlib takes for all there is
                document += reader.decompress(reader.unconsumed_tail, limit + 1 - len(document))
            if len(document) > limit:
                raise too_large(source, None, limit)
    except zlib.error as error:
        raise ModelRefused(f"{source}: not a gzip file that can be read: {error}") from error
    if not reader.eof:
        raise ModelRefused(f"{source}: not a gzip file that can be read: it ends in the middle")
    return document
