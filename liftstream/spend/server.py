"""A spending service that runs: database, models and web server, from start to stop."""

import structlog

from liftstream.contracts.settings import Settings, set_in
from liftstream.service.web_server import WebServer, listen
from liftstream.spend.http.app import create_app
from liftstream.spend.service import SpendingService

log = structlog.get_logger()


class SpendingServer:
    """The service on a port of its own; use it in a `with` block, or `serve` in a command.

    Raises:
        SettingsError, DatabaseError, InputError, ModelError: something of it cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.spending
        self.service = SpendingService(own)
        app = create_app(self.service)
        chosen = set_in(settings, "SPENDING__PORT")
        self._web = WebServer(app, listen(own.host, own.port, was_set=chosen, setting="SPENDING__PORT"))

    @property
    def address(self) -> str:
        """Where routes and page are."""
        return self._web.address

    def serve(self) -> None:
        """Runs until SIGTERM or SIGINT; to be called in the main thread."""
        self._web.stop_at_signals()
        database = self.service.engine.url.render_as_string()
        log.info("started", address=self.address, database=database, split=dict(self.service.split))
        try:
            self._web.run()
        finally:
            self._end()
        log.info("stopped")

    def __enter__(self) -> "SpendingServer":
        self._web.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._web.stop()
        self._end()

    def _end(self) -> None:
        self.service.close()
        self._web.close()
