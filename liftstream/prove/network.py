"""A bad network: a TCP proxy that delays what passes, and resets connections."""

import asyncio
import contextlib
import random
import threading

from liftstream.broker.stoppable import Stoppable

CHUNK = 16 * 1024
START_WITHIN_S = 5.0


class BadNetwork(Stoppable):
    """A proxy at `port`, in a thread of its own; it does no harm until told to.

    Attributes:
        target: where it leads to.
        delay_s: every chunk of 16 KiB waits so long at most, in both directions.
        reset_chance: of every chunk, that its connection is reset instead.
    """

    def __init__(self, seed: int = 0) -> None:
        self.target: tuple[str, int] = ("127.0.0.1", 0)
        self.delay_s = self.reset_chance = 0.0
        self._rng = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._connect, "127.0.0.1", 0), self._loop
        )
        self._server = listening.result(START_WITHIN_S)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def reset_all(self) -> None:
        """Resets every connection."""
        self._loop.call_soon_threadsafe(self._abort, list(self._writers))

    def heal(self) -> None:
        """Stops delaying and resetting."""
        self.delay_s = self.reset_chance = 0.0

    def stop(self) -> None:
        """Ends it and all connections."""
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(START_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        self._writers.add(writer)
        try:
            beyond, forward = await asyncio.open_connection(*self.target)
            ends.append(forward)
            self._writers.add(forward)
            await asyncio.wait(
                {
                    asyncio.ensure_future(self._pump(reader, forward)),
                    asyncio.ensure_future(self._pump(beyond, writer)),
                },
                return_when=asyncio.FIRST_COMPLETED,
            )
        except OSError:  # the broker is away: whoever came is turned away
            pass
        finally:
            self._abort(ends)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self._rng.uniform(0, self.delay_s))
                if self._rng.random() < self.reset_chance:
                    return
                writer.write(chunk)
                await writer.drain()

    def _abort(self, writers: list[asyncio.StreamWriter]) -> None:
        for writer in writers:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _shut(self) -> None:
        self._server.close()
        self._abort(list(self._writers))
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
