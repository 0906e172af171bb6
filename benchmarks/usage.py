"""What processes use while they run: CPU seconds and resident memory, their children included."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import psutil


@dataclass
class Usage:
    """Samples of processes with their children; call `sample` a few times a second.

    Attributes:
        peak_mb: the most memory that all of them together had at once.
        peak_each_mb: the most that any one of those started had with its children.
    """

    pids: Sequence[int]
    peak_mb: float = 0
    peak_each_mb: float = 0
    _samples: list[tuple[float, float]] = field(default_factory=list)
    _cpu: dict[int, float] = field(default_factory=dict)

    def sample(self) -> None:
        """Looks once; processes that are gone keep what they had used."""
        each = [self._look(pid) for pid in self.pids]
        self.peak_mb = max(self.peak_mb, sum(each))
        self.peak_each_mb = max(self.peak_each_mb, *each)
        self._samples.append((time.time(), sum(self._cpu.values())))

    def cpu_s(self, since: float, until: float) -> float:
        """CPU seconds used between two times of `time.time()`."""
        times, seconds = zip(*self._samples, strict=True)
        return float(np.diff(np.interp([since, until], times, seconds))[0])

    def _look(self, pid: int) -> float:
        """Memory in MB of a process with its children."""
        memory = 0
        try:
            parent = psutil.Process(pid)
            for process in (parent, *parent.children(recursive=True)):
                used = process.cpu_times()
                self._cpu[process.pid] = used.user + used.system
                memory += process.memory_info().rss
        except psutil.NoSuchProcess:
            pass
        return memory / 2**20
