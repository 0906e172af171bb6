"""The decoders of all sides of a stream, and the texts in their records."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.definition import Stream
from liftstream.streams.formats.decoding import WireDecoder
from pipeline.records.decoding import Decoder
from pipeline.records.feature_rows import FeatureRows
from pipeline.records.words import vocabularies_of

WaitingRows = Callable[[int], tuple[FeatureRows, NDArray[np.int64]]]


class StreamDecoder:
    """The decoders of one stream.

    Args:
        stream: as defined.
        wires: of the topics whose records are in the wire format of a schema registry.

    Attributes:
        sides: a decoder each.
        vocabularies: of the features that are no numbers, by name: what their codes in rows of features mean.
    """

    def __init__(self, stream: Stream, wires: Mapping[str, WireDecoder] | None = None) -> None:
        self.stream = stream
        self.vocabularies = vocabularies_of(*stream.sides)
        self.sides = tuple(
            Decoder(side, self.vocabularies, (wires or {}).get(side.topic)) for side in stream.sides
        )
        self._places = {
            feature.name: (side, column)
            for side, one in enumerate(stream.sides)
            for column, feature in enumerate(one.features)
            if not feature.numeric
        }

    def forget_words(self, waiting: WaitingRows) -> None:
        """Drops words that no waiting half uses, if there are many; call it only between two polls.

        Args:
            waiting: features of a side, and which rows of them wait.
        """
        for name, (side, column) in self._places.items():
            vocabulary = self.vocabularies[name]
            if vocabulary.is_full:
                rows, slots = waiting(side)
                codes = rows.column(column, slots)
                moved = vocabulary.keep(codes)
                rows.set_column(column, slots, moved[np.nan_to_num(codes, nan=-1.0).astype(np.intp)])
