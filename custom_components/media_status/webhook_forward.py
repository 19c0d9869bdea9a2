"""Pass pushes on to whom the only webhook belonged before us."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
import logging
from typing import Final

import aiohttp
from aiohttp.hdrs import AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING
from yarl import URL

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .lifecycle.model import JsonObject, JsonValue

_LOGGER = logging.getLogger(__name__)

FORWARDED: Final = "X-Media-Status-Forwarded"
"""On what we pass on, so that two that pass on to each other do not do so for ever."""
MOST_WAITING: Final = 100
_TIME_LIMIT: Final = aiohttp.ClientTimeout(total=10)
_OWN_HEADERS: Final = frozenset(
    name.lower() for name in (CONTENT_LENGTH, CONTENT_TYPE, FORWARDED, HOST, TRANSFER_ENCODING)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """How passing on went since the start; `last_error` is a code, None when the last went well."""

    forwarded: int = 0
    failed: int = 0
    last_at: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class _Letter:
    url: str
    headers: Mapping[str, str]
    body: bytes


class Forwarder:
    """Send what was pushed on, one after the other, once, and never wait for it elsewhere."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, name: str, changed: Callable[[], None]
    ) -> None:
        """Initialize for a connection; `changed` hears when passing on begins or ceases to fail."""
        self._hass = hass
        self._entry = entry
        self._name = name
        self._changed = changed
        self._waiting: deque[_Letter] = deque()
        self._is_busy = False
        self.state = Forwarding()

    @callback
    def send(self, previous: JsonObject, body: bytes, content_type: str | None) -> None:
        """Pass a body on as it came to the owner in `previous`, in the background."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return  # a task would outlive us
        if len(self._waiting) >= MOST_WAITING:
            self._note("too_many")
            return
        options = previous.get("options")
        known = options if isinstance(options, dict) else {}
        headers = {CONTENT_TYPE: content_type or "application/json", **_headers(known)}
        self._waiting.append(_Letter(str(known.get("webhookUrl") or ""), headers, body))
        if not self._is_busy:
            self._is_busy = True
            self._entry.async_create_background_task(
                self._hass, self._deliver(), f"forwarding of {self._name}"
            )

    async def _deliver(self) -> None:
        try:
            while self._waiting:
                self._note(await self._post(self._waiting.popleft()))
        finally:
            self._is_busy = False

    async def _post(self, letter: _Letter) -> str | None:
        """Post once; return a code for what went wrong. No answer leads to another address."""
        session = async_get_clientsession(self._hass)
        try:
            async with session.post(
                letter.url,
                data=letter.body,
                headers=letter.headers,
                allow_redirects=False,
                timeout=_TIME_LIMIT,
            ) as answer:
                status = answer.status
        except TimeoutError:
            return "timeout"
        except aiohttp.ClientError, OSError, ValueError:
            return "cannot_connect"
        if 200 <= status < 300:
            return None
        return "redirected" if 300 <= status < 400 else "refused"

    def _note(self, error: str | None) -> None:
        before = self.state
        self.state = replace(
            before,
            forwarded=before.forwarded + (error is None),
            failed=before.failed + (error is not None),
            last_at=dt_util.utcnow(),
            last_error=error,
        )
        if (error is None) is (before.last_error is None):
            return
        if error is None:
            _LOGGER.info("Pushes from %s are passed on again", self._name)
        else:
            _LOGGER.warning("Pushes from %s could not be passed on: %s", self._name, error)
        self._changed()


def receiver(previous: JsonObject) -> str | None:
    """Return scheme, host and port of who gets the pushes; the rest of an address is secret."""
    options = previous.get("options")
    try:
        url = URL(str(options.get("webhookUrl") if isinstance(options, dict) else ""))
        return str(url.origin())
    except ValueError:
        return None


def _headers(options: Mapping[str, JsonValue]) -> dict[str, str]:
    """Return what the service would have sent to its owner beside the body."""
    headers = {FORWARDED: "1"}
    custom = options.get("customHeaders")
    for entry in custom if isinstance(custom, list) else ():
        name = str(entry.get("key") or "").strip() if isinstance(entry, dict) else ""
        if isinstance(entry, dict) and name and name.lower() not in _OWN_HEADERS:
            headers[name] = str(entry.get("value") or "")
    if auth := options.get("authHeader"):
        headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
        headers[AUTHORIZATION] = str(auth)
    return headers
