"""A platform that runs: service, loop on Kafka and web server, from start to stop."""

from liftstream.contracts.settings import Settings, set_in
from liftstream.platform.app import create_app
from liftstream.platform.bandits.clock import QuantumClock
from liftstream.platform.ingest.original import Original, load_original
from liftstream.platform.loop import KafkaLoop
from liftstream.platform.service import PlatformService
from liftstream.service.database import said
from liftstream.service.web_server import WebServer, WebService, listen


class Platform(WebService):
    """A platform on a port of its own, in threads of this process; use it in a `with` block, or `serve` in a command.

    Args:
        original: the original system's rule; default: `pmml/original.pmml`, where PLATFORM__ORIGINAL asks for a rule.

    Raises:
        SettingsError, DatabaseError, InputError, ModelError: something of it cannot be used.
    """

    def __init__(self, settings: Settings, original: Original | None = None) -> None:
        if original is None and settings.platform.original == "rule":
            original = load_original()
        self.service = PlatformService(settings, original)
        app = create_app(self.service)
        chosen = set_in(settings, "PLATFORM__PORT")
        on = listen(settings.platform.host, settings.platform.port, was_set=chosen, setting="PLATFORM__PORT")
        web = WebServer(app, on, stopping=self.service.changes.close)
        super().__init__(web, database=said(self.service.engine))
        self._loop = KafkaLoop(self.service)
        self._clock = QuantumClock(self.service.bandits, settings.kafka)

    def begin(self) -> None:
        """Starts reading Kafka, and the bandits' clock."""
        self._loop.start()
        self._clock.start()

    def end(self) -> None:
        """Ends both, and closes the database."""
        self._clock.stop()
        self._loop.stop()
        self.service.close()
