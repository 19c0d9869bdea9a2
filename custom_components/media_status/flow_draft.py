"""Carry one connection from its form through the live check to what is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import logging
import secrets
from typing import Final

import voluptuous as vol

from homeassistant.const import CONF_API_KEY, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import BooleanSelector

from .clients.errors import ClientError
from .connections.base import Connection, ServiceInfo, WebhookState
from .connections_factory import create_connection, sign_in_to_shoko, webhook_target
from .const import (
    CONF_IDENTITY,
    CONF_MANAGE_WEBHOOKS,
    CONF_SERVES_4K,
    CONF_TAKE_OVER_WEBHOOK,
    CONF_WEBHOOK_ID,
    CONF_WEBHOOK_LOSSES,
    CONF_WEBHOOK_PREVIOUS,
    CONF_WEBHOOK_SECRET,
    KIND_NAMES,
    KINDS_WITHOUT_WEBHOOK,
    OWN_NOTES,
    WEBHOOK_PATH,
    WEBHOOK_USERNAME,
)
from .errors import error_key
from .flow_schema import (
    SECRETS,
    Fields,
    connection_schema,
    read_form,
    same_address,
    shown_values,
    suggested_values,
)
from .lifecycle.model import JsonValue, Service

_LOGGER = logging.getLogger(__name__)

# qBittorrent splits this at blanks without a shell and keeps the quotes inside a word.
_COMPLETION_COMMAND: Final = (
    'curl -fsS -X POST -H "Authorization: Bearer {secret}" -H "Content-Type: application/json"'
    ' -d {{"hash":"%K"}} {url}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A connection that exists already, so that none is added twice."""

    kind: str
    title: str
    data: Mapping[str, object]


class DuplicateError(Exception):
    """The service is a connection already."""


class ConnectionDraft:
    """One connection while its flow runs: what was typed, what is wrong, what comes next."""

    def __init__(
        self,
        hass: HomeAssistant,
        kind: str,
        options: Mapping[str, object],
        others: Iterable[Known],
        stored: Known | None = None,
    ) -> None:
        """Start empty, or from the `stored` connection that is reconfigured."""
        self._hass = hass
        self.kind = kind
        self._options = options
        self._others = [other for other in others if other.kind == kind]
        self._stored: Mapping[str, object] = stored.data if stored else {}
        self._name = stored.title if stored else None
        self._typed: Fields | None = None
        self._webhook: WebhookState | None = None
        self.errors: dict[str, str] = {}
        self._details: dict[str, str] = {}
        self.title = ""
        self.data: dict[str, JsonValue] = {}
        self._is_shareable = True

    @property
    def unique_id(self) -> str:
        """Return what is unique about the service: its own id, else its address."""
        return f"{self.kind}_{self.data.get(CONF_IDENTITY) or self.data[CONF_URL]}"

    @property
    def schema(self) -> vol.Schema:
        """Return the form's fields."""
        return connection_schema(self.kind, has_secret=any(map(self._stored.get, SECRETS)))

    @property
    def suggested(self) -> dict[str, object]:
        """Return the values that the form starts with; never a secret."""
        if self._typed is not None:
            return shown_values(self._typed)
        if self._stored:
            return shown_values(self._stored, self._name)
        taken = (str(other.data[CONF_URL]) for other in self._others)
        return suggested_values(self._hass, self.kind, taken)

    @property
    def form_placeholders(self) -> dict[str, str]:
        """Return what the form's texts and errors name."""
        return {
            "service": KIND_NAMES[self.kind],
            "example": "192.168.1.10",
            "version": "",
            "detail": "",
            **self._details,
        }

    @property
    def asks_take_over(self) -> bool:
        """Tell whether the only webhook slot is, or was before us, somebody else's to decide on."""
        return self._webhook is WebhookState.FOREIGN or CONF_WEBHOOK_PREVIOUS in self.data

    @property
    def take_over_schema(self) -> vol.Schema:
        """Return the form of that decision; it starts with what was decided before."""
        decided = self._stored.get(CONF_TAKE_OVER_WEBHOOK) is True
        return vol.Schema(
            {vol.Required(CONF_TAKE_OVER_WEBHOOK, default=decided): BooleanSelector()}
        )

    @property
    def shows_webhook(self) -> bool:
        """Tell whether the user has to set the webhook up by hand."""
        if self.kind in KINDS_WITHOUT_WEBHOOK:
            return False
        return not self._options.get(CONF_MANAGE_WEBHOOKS, True) or (
            self._webhook is WebhookState.UNSUPPORTED
        )

    @property
    def webhook_placeholders(self) -> dict[str, str]:
        """Return the exact address and secret of the webhook, for the one step that shows them."""
        target = webhook_target(self._hass, self._options, self.data)
        path = f"{WEBHOOK_PATH}/{self.data[CONF_WEBHOOK_ID]}"
        url = target.url if target else f"http://HOME-ASSISTANT:8123{path}"
        secret = str(self.data[CONF_WEBHOOK_SECRET])
        return {
            "service": KIND_NAMES[self.kind],
            "url": url,
            "username": WEBHOOK_USERNAME,
            "secret": secret,
            "command": _COMPLETION_COMMAND.format(url=url, secret=secret),
        }

    def decide_take_over(self, take_over: bool) -> bool:
        """Remember the user's word about the foreign webhook; return whether it can be done."""
        if take_over and not self._is_shareable:
            self.errors = {"base": "cannot_forward"}
            return False
        self.errors = {}
        self.data[CONF_TAKE_OVER_WEBHOOK] = take_over
        self.data.pop(CONF_WEBHOOK_LOSSES, None)  # whoever took it before, it is decided anew
        return True

    async def async_submit(self, typed: Fields) -> bool:
        """Read and check what was typed; return whether it can be stored.

        Raises `DuplicateError` when the service is a connection already.
        """
        self._typed, self._details = typed, {}
        reading = read_form(self.kind, typed, self._stored)
        self.errors = dict(reading.errors)
        if self.errors:
            return False
        url = str(reading.data[CONF_URL])
        self._refuse_duplicate(url, None)
        self.data = {**reading.data, **self._own_data(url)}
        self.title = self._free_title(reading.name)
        info = await self._async_probe()
        if info is None:
            return False
        self._refuse_duplicate(str(self.data[CONF_URL]), info.identity)
        return self._accept_identity(info)

    def _own_data(self, url: str) -> dict[str, JsonValue]:
        """Return what no form asks: made once, kept for the connection's life."""
        if self.kind in KINDS_WITHOUT_WEBHOOK:
            return {}
        stored = self._stored
        own: dict[str, JsonValue] = {
            CONF_WEBHOOK_ID: str(stored.get(CONF_WEBHOOK_ID) or secrets.token_hex(32)),
            CONF_WEBHOOK_SECRET: str(stored.get(CONF_WEBHOOK_SECRET) or secrets.token_urlsafe(32)),
        }
        if isinstance(decided := stored.get(CONF_TAKE_OVER_WEBHOOK), bool):
            own[CONF_TAKE_OVER_WEBHOOK] = decided
        if stored and same_address(str(stored.get(CONF_URL)), url):
            # Of another server, nothing of this is true.
            for key in OWN_NOTES & stored.keys():
                note = stored[key]
                own[key] = note if isinstance(note, dict | list | bool) else None
        return own

    def _free_title(self, name: str) -> str:
        """Return the typed name, or the kind's name made distinct from the others'."""
        if name:
            return name
        base = KIND_NAMES[self.kind] + (" 4K" if self.data.get(CONF_SERVES_4K) else "")
        taken = {other.title for other in self._others}
        number = 1
        title = base
        while title in taken:
            number += 1
            title = f"{base} {number}"
        return title

    def _refuse_duplicate(self, url: str, identity: str | None) -> None:
        """Raise when another connection has this address or is this very server."""
        for other in self._others:
            known_as = other.data.get(CONF_IDENTITY)
            if same_address(str(other.data[CONF_URL]), url) or (
                identity is not None and known_as == identity
            ):
                raise DuplicateError

    def _accept_identity(self, info: ServiceInfo) -> bool:
        """Keep the server's own id; refuse to turn a connection into another server."""
        known_as = self._stored.get(CONF_IDENTITY)
        if known_as and info.identity and known_as != info.identity:
            self.errors = {"base": "another_server"}
            return False
        if identity := info.identity or known_as:
            self.data[CONF_IDENTITY] = str(identity)
        return True

    async def _async_probe(self) -> ServiceInfo | None:
        """Ask the service who it is, and how our webhook stands there."""
        try:
            await self._async_get_key()
            connection = create_connection(self._hass, self.kind, "setup", self.data)
            info = await connection.probe()
            await self._async_look_at_webhook(connection)
        except ClientError as err:
            self._details = {"detail": str(err), "version": getattr(err, "version", "")}
            self.errors = {"base": error_key(err)}
        except Exception as err:  # noqa: BLE001 - a flow must show a form, whatever happens
            # Its text may hold what was typed, so only its name is safe to log.
            _LOGGER.error("Unexpected %s while checking %s", type(err).__name__, self.kind)
            self.errors = {"base": "unknown"}
        else:
            return info
        return None

    async def _async_get_key(self) -> None:
        """Exchange Shoko's user and password for a key: only that is used and stored."""
        if self.kind == Service.SHOKO and CONF_USERNAME in self.data:
            user, password = self.data.pop(CONF_USERNAME), self.data.pop(CONF_PASSWORD)
            key = await sign_in_to_shoko(self._hass, self.data, str(user), str(password))
            self.data[CONF_API_KEY] = key

    async def _async_look_at_webhook(self, connection: Connection) -> None:
        """Learn whether the webhook can be kept in order without the user."""
        self._webhook = None
        if self.kind in KINDS_WITHOUT_WEBHOOK:
            return
        target = webhook_target(self._hass, self._options, self.data)
        if not self._options.get(CONF_MANAGE_WEBHOOKS, True):
            return
        if target is None:
            self._webhook = WebhookState.UNSUPPORTED
            return
        try:
            self._webhook = await connection.webhook_state(target)
            self._is_shareable = (
                self._webhook is not WebhookState.FOREIGN
                or await connection.webhook_owner(target) is not None
            )
        except ClientError as err:
            # The service itself answered; its webhook is looked after once it is set up.
            _LOGGER.debug("Webhook of %s could not be read: %s", self.kind, type(err).__name__)
