"""Objects that run until they are stopped, by the end of a `with` block or by themselves."""

from abc import ABC, abstractmethod
from typing import Self


class Stoppable(ABC):
    """Stops with its `with` block."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it for good."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
