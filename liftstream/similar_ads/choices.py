"""The current configuration for a unit: asked from the platform, cached for the quantum, kept while it is
unavailable."""

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any, Final

import structlog

from liftstream.contracts.errors import InputError, SettingsError
from liftstream.service.clock import now_ms
from liftstream.similar_ads.configuration import RankerConfiguration, read_configuration

ASK_WITHIN_S: Final = 2.0
AGAIN_MS: Final = 1_000
"""Pause before the platform is asked again after it did not answer."""
UNITS_MOST: Final = 1_000_000
"""Most units whose group is remembered: callers may name any number of them."""
OWN: Final = "own"
"""Name of the arm where no bandit decides."""

log = structlog.get_logger()
Ask = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True)
class ChosenConfiguration:
    """The configuration for a unit, and until when it holds."""

    group: str
    arm: str
    configuration: RankerConfiguration
    decision: str
    until_ms: int


TARGET: Final = "target"
NOBODY_DECIDES: Final = ChosenConfiguration(OWN, OWN, RankerConfiguration(), "", 0)


class Choices:
    """The current choice of each group.

    A unit's group never changes, so it is remembered; each group's choice is asked for once a quantum. A unit that
    comes for the first time while the platform is away is served what the target group was, without a decision: its
    group is not known.

    Args:
        ask: gives the platform's answer for a unit; raises OSError where it is away. None: no bandit decides.
        now_ms: the clock.
    """

    def __init__(self, ask: Ask | None, now_ms: Callable[[], int] = now_ms) -> None:
        self._ask, self._now_ms = ask, now_ms
        self._lock = threading.Lock()
        self._groups: dict[str, str] = {}
        self._chosen: dict[str, ChosenConfiguration] = {}
        self._silent_until_ms = 0
        self.problem = ""
        """Why the newest question failed; empty while all is well."""

    def of(self, unit: str) -> ChosenConfiguration:
        """What the unit is served now; the last choice of its group while the platform is away."""
        if self._ask is None:
            return NOBODY_DECIDES
        known = self._known(unit)
        if known is not None:
            return known
        with self._lock:  # those who waited for the lock are served by the answer that the first one got
            return self._known(unit) or self._asked(unit)

    def _known(self, unit: str) -> ChosenConfiguration | None:
        """What the unit is served without asking; None if the platform must be asked."""
        kept, now_ms = self._kept(unit), self._now_ms()
        if 0 < self._silent_until_ms - now_ms <= AGAIN_MS:
            return kept or self._undecided()
        return kept if kept is not None and now_ms < kept.until_ms else None

    def _kept(self, unit: str) -> ChosenConfiguration | None:
        return self._chosen.get(self._groups.get(unit, ""))

    def _asked(self, unit: str) -> ChosenConfiguration:
        assert self._ask is not None  # noqa: S101 - `of` looked
        try:
            found = self._ask(unit)
            chosen = ChosenConfiguration(
                found["group"],
                found["arm"],
                read_configuration(found["configuration"]),
                found["decision"],
                int(found["until_ms"]),
            )
        except (OSError, HTTPException, ValueError, KeyError, TypeError, InputError) as error:
            self.problem = f"the platform gives no choice: {error}"
            self._silent_until_ms = self._now_ms() + AGAIN_MS
            log.warning("no choice", reason=str(error))
            return self._kept(unit) or self._undecided()
        self.problem = ""
        self._groups[unit] = chosen.group
        while len(self._groups) > UNITS_MOST:  # a unit that is forgotten is asked for again
            del self._groups[next(iter(self._groups))]
        self._chosen[chosen.group] = chosen
        return chosen

    def _undecided(self) -> ChosenConfiguration:
        last = self._chosen.get(TARGET)
        return NOBODY_DECIDES if last is None else replace(last, group=OWN, decision="")


def ask_platform(address: str, bandit: str, key: str = "") -> Ask:
    """Asks a platform over HTTP.

    Args:
        key: an API key, for a platform with a password.

    Raises:
        SettingsError: the key has letters that no key has.
    """
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(
            "SIMILAR_ADS__PLATFORM_KEY: visible ASCII letters are accepted; copy the key again"
        )

    def ask(unit: str) -> Mapping[str, Any]:
        query = urllib.parse.urlencode({"unit": unit})
        url = f"{address}/api/bandits/{urllib.parse.quote(bandit, safe='')}/choice?{query}"
        request = urllib.request.Request(url)  # noqa: S310 - the setting's own address
        if key:  # for this address only, wherever it redirects to
            request.add_unredirected_header("Authorization", f"Bearer {key}")
        try:
            with urllib.request.urlopen(request, timeout=ASK_WITHIN_S) as answer:  # noqa: S310
                found: Mapping[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as refused:
            raise OSError(f"{url}: {refused.code} {refused.read(300).decode(errors='replace')}") from None

    return ask
