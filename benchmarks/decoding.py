"""`python -m benchmarks.decoding`: our decoding beside msgspec alone, for every layout of messages, in one process.

msgspec alone, into types written for these two topics, is what a program for the task alone would do with a record that
repeats no layout; our decoder is made from the stream's definition. CPU time is compared, turn by turn.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

from benchmarks.messages import LAYOUTS, make_messages
from benchmarks.plain_records import plain_demographic, plain_historic
from testbed.task_stream import Decoder, Side

PAIRS = 12_000
FETCH = 3_000
TURNS = 9


def cpu_us(task: Callable[[], object]) -> float:
    """A record's share of the CPU time of a task."""
    start = time.process_time_ns()
    task()
    return (time.process_time_ns() - start) / PAIRS / 1000


def decode_singly(plain: Callable[[bytes], tuple[int, bytes]], fetches: Sequence[Sequence[bytes]]) -> None:
    """Decodes by msgspec, one record after the other."""
    for fetch in fetches:
        uuids, rows = [], []
        for value in fetch:
            uuid, row = plain(value)
            uuids.append(uuid)
            rows.append(row)


def decode(decoder: Decoder, fetches: Sequence[Sequence[bytes]]) -> None:
    """Decodes as the worker does."""
    for fetch in fetches:
        decoder.decode(fetch)


def main() -> None:
    print(f"{'':<16}{'':<14}{'msgspec us':>12}{'ours us':>10}{'ratio':>8}   bar: at most 1.10")
    for layout in LAYOUTS:
        halves = make_messages(PAIRS, layout).halves
        for side, plain in zip(Side, (plain_demographic, plain_historic), strict=True):
            fetches = [halves[side][first : first + FETCH] for first in range(0, PAIRS, FETCH)]
            decoder, alone, ours = Decoder(side), [], []
            for _ in range(TURNS):
                alone.append(cpu_us(partial(decode_singly, plain, fetches)))
                ours.append(cpu_us(partial(decode, decoder, fetches)))
            ratio = median(mine / theirs for mine, theirs in zip(ours, alone, strict=True))
            print(
                f"{layout:<16}{side.name.lower():<14}{median(alone):>12.2f}{median(ours):>10.2f}{ratio:>8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
