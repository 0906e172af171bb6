"""A platform that runs: service, loop on Kafka and web server, from start to stop."""

import structlog

from liftstream.contracts.settings import Settings, set_in
from liftstream.platform.app import create_app
from liftstream.platform.bandits.clock import QuantumClock
from liftstream.platform.ingest.original import Original, load_original
from liftstream.platform.loop import KafkaLoop
from liftstream.platform.service import PlatformService
from liftstream.service.web_server import WebServer, listen

log = structlog.get_logger()


class Platform:
    """A platform on a port of its own, in threads of this process; use it in a `with` block, or `serve` in a command.

    Args:
        original: the original system's rule; default: `pmml/original.pmml`.

    Raises:
        SettingsError, DatabaseError, InputError, ModelError: something of it cannot be used.
    """

    def __init__(self, settings: Settings, original: Original | None = None) -> None:
        self.service = PlatformService(settings, original or load_original())
        app = create_app(self.service)
        chosen = set_in(settings, "PLATFORM__PORT")
        on = listen(settings.platform.host, settings.platform.port, was_set=chosen, setting="PLATFORM__PORT")
        self._web = WebServer(app, on, stopping=self.service.changes.close)
        self._loop = KafkaLoop(self.service)
        self._clock = QuantumClock(self.service.bandits, settings.kafka)

    @property
    def address(self) -> str:
        """Where page and API are."""
        return self._web.address

    def serve(self) -> None:
        """Runs until SIGTERM or SIGINT; to be called in the main thread."""
        self._web.stop_at_signals()
        self._loop.start()
        self._clock.start()
        log.info("started", address=self.address, database=self.service.engine.url.render_as_string())
        try:
            self._web.run()
        finally:
            self._end()
        log.info("stopped")

    def __enter__(self) -> "Platform":
        self._loop.start()
        self._clock.start()
        self._web.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._web.stop()
        self._end()

    def _end(self) -> None:
        self._clock.stop()
        self._loop.stop()
        self.service.close()
        self._web.close()
