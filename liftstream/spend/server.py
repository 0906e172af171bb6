"""A spending service that runs: database, models and web server, from start to stop."""

from liftstream.contracts.settings import Settings, set_in
from liftstream.service.database import said
from liftstream.service.web_server import WebServer, WebService, listen
from liftstream.spend.http.app import create_app
from liftstream.spend.service import SpendingService


class SpendingServer(WebService):
    """The service on a port of its own; use it in a `with` block, or `serve` in a command.

    Raises:
        SettingsError, DatabaseError, InputError, ModelError: something of it cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.spending
        self.service = SpendingService(own)
        app = create_app(self.service)
        chosen = set_in(settings, "SPENDING__PORT")
        on = listen(own.host, own.port, was_set=chosen, setting="SPENDING__PORT")
        database = said(self.service.engine)
        super().__init__(WebServer(app, on), database=database, split=dict(self.service.split))

    def end(self) -> None:
        """Closes the database."""
        self.service.close()
