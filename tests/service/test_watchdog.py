"""When a worker is ended by its watchdog, and when not."""

import subprocess
import sys
import textwrap

from liftstream.service.watchdog import HUNG_AFTER_S, LOOK_S, SILENT_AFTER_S, ProgressWatch, Vitals


class Clock:
    """Looks at a worker every `LOOK_S`, like the thread."""

    def __init__(self) -> None:
        self.watch, self.now, self.ticks, self.read = ProgressWatch(), 1000.0, 0, 0

    def run(
        self, seconds: float, *, ticking: bool = True, reading: bool = False, idle: str | None = None
    ) -> str | None:
        for _ in range(int(seconds / LOOK_S)):
            self.now += LOOK_S
            self.ticks += 4 * ticking
            self.read += 10 * reading
            if why := self.watch.look(self.now, Vitals(self.ticks, (self.read, 0), idle)):
                return why
        return None


def test_a_worker_that_reads_or_has_nothing_to_read_lives() -> None:
    clock = Clock()
    assert clock.run(500, reading=True) is None
    assert clock.run(500, idle="nothing to read") is None


def test_a_worker_that_does_nothing_although_there_are_records_is_ended() -> None:
    clock = Clock()
    assert clock.run(10, reading=True) is None
    assert clock.run(SILENT_AFTER_S - 1) is None
    assert "nothing was done" in (clock.run(5) or "")


def test_a_worker_whose_loop_hangs_is_ended_even_if_there_is_nothing_to_read() -> None:
    clock = Clock()
    assert clock.run(10, idle="nothing to read") is None
    assert clock.run(HUNG_AFTER_S - 1, ticking=False, idle="nothing to read") is None
    assert "event loop" in (clock.run(5, ticking=False, idle="nothing to read") or "")


def test_a_while_without_a_broker_does_not_count() -> None:
    clock = Clock()
    assert clock.run(SILENT_AFTER_S - 2) is None
    assert clock.run(300, idle="no answer from Kafka for 20 s") is None
    assert clock.run(SILENT_AFTER_S - 2) is None
    assert clock.run(10) is not None


def test_a_process_that_was_paused_gets_its_time_again() -> None:
    clock = Clock()
    assert clock.run(SILENT_AFTER_S - 2) is None
    clock.now += 500
    assert clock.run(HUNG_AFTER_S - 2, ticking=False) is None


def test_the_thread_ends_the_process_while_its_loop_is_blocked() -> None:
    program = """
        import itertools, time
        from liftstream.service import watchdog
        watchdog.LOOK_S, watchdog.HUNG_AFTER_S = 0.05, 0.3
        watchdog.start_watchdog(lambda: watchdog.Vitals(7, (), "nothing to read"))
        time.sleep(300)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, timeout=290)
    assert done.returncode == 1
    assert b"event loop has stood still" in done.stdout + done.stderr
