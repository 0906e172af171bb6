"""Loads the stream that the settings name, with the values for its `${NAME}`."""

from dataclasses import replace
from pathlib import Path

from liftstream.contracts.places import find_stream
from liftstream.contracts.settings import Settings, set_in
from liftstream.streams.definition import Stream
from liftstream.streams.definition_file import WINDOW, read_definition_file


def load_stream(settings: Settings, file: Path | None = None) -> Stream:
    """The stream that PIPELINE__STREAM defines; a window that was set wins over the definition's.

    Args:
        settings: of the process.
        file: another definition.

    Raises:
        InputError: there is no such file.
        DefinitionError: it has faults.
    """
    stream = read_definition_file(find_stream(file or settings.pipeline.stream), references(settings))
    if set_in(settings, WINDOW):
        return replace(stream, window_s=settings.pipeline.join_window_s)
    return stream


def references(settings: Settings) -> dict[str, str]:
    """What `${NAME}` may stand for in a definition: topics and the window."""
    kafka = settings.kafka.model_dump()
    topics = {
        f"KAFKA__{name.upper()}": str(value) for name, value in kafka.items() if name.startswith("topic_")
    }
    return topics | {WINDOW: repr(settings.pipeline.join_window_s)}
