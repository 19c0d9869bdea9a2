"""Answer the services' webhooks: check, understand, store, answer, and only then tell."""

from base64 import b64decode
import hmac
from http import HTTPStatus
import logging
from typing import Final

from aiohttp import web
from aiohttp.hdrs import AUTHORIZATION, CONTENT_TYPE

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads

from .connections.base import Doorbell, Push
from .const import CONF_WEBHOOK_ID, CONF_WEBHOOK_SECRET, DOMAIN, WEBHOOK_PATH
from .coordinator import ConnectionCoordinator
from .hub import Hub
from .journal import JournalError
from .lifecycle.model import JsonObject
from .webhook_forward import FORWARDED

_LOGGER = logging.getLogger(__name__)

BODY_LIMIT: Final = 1024 * 1024  # bytes
_CHUNK: Final = 64 * 1024


@callback
def async_setup_webhook(hass: HomeAssistant) -> None:
    """Register the one view; which ids exist is looked up at each call."""
    hass.http.register_view(WebhookView())


class WebhookView(HomeAssistantView):
    """Take pushes of all connections: 200 understood or ignored, else a clear status."""

    url = WEBHOOK_PATH + "/{webhook_id}"
    name = "api:media_status:webhook"
    requires_auth = False

    async def post(self, request: web.Request, webhook_id: str) -> web.Response:
        """Answer one push after the journal has it (DESIGN section 6)."""
        hass = request.app["hass"]
        found = _coordinator(hass, webhook_id)
        if isinstance(found, HTTPStatus):
            return web.Response(status=found)
        hub, coordinator = found
        if not _is_authentic(request.headers.get(AUTHORIZATION), coordinator):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        try:
            body = await _body(request)
        except web.RequestPayloadError:  # not encoded as its headers say, or cut off
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        if body is None:
            return web.Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            payload = json_loads(body)
        except JSON_DECODE_EXCEPTIONS:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        if not isinstance(payload, dict):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        push = _understood(coordinator, payload)
        try:
            tell = await hub.take_push(coordinator, push)
        except JournalError as err:
            _LOGGER.error("A push from %s could not be stored: %s", coordinator.name, err)
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        finally:
            # After our answer, and whatever became of it here: the sender sends only once.
            if FORWARDED not in request.headers:
                sent_as = request.headers.get(CONTENT_TYPE)
                hass.loop.call_soon(coordinator.webhooks.forward, body, sent_as, push.event)
        hass.loop.call_soon(tell)
        return web.Response(status=HTTPStatus.OK)


def _coordinator(
    hass: HomeAssistant, webhook_id: str
) -> tuple[Hub, ConnectionCoordinator] | HTTPStatus:
    """Return who owns the id: 404 for nobody, 503 while we are starting or reloading."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.subentries.values():
            if subentry.data.get(CONF_WEBHOOK_ID) != webhook_id:
                continue
            if entry.state is not ConfigEntryState.LOADED:
                return HTTPStatus.SERVICE_UNAVAILABLE
            hub: Hub = entry.runtime_data
            coordinator = hub.connections.get(subentry.subentry_id)
            return (hub, coordinator) if coordinator else HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.NOT_FOUND


def _is_authentic(header: str | None, coordinator: ConnectionCoordinator) -> bool:
    """Return whether the sender knows the connection's secret, where it has one."""
    secret = coordinator.subentry.data.get(CONF_WEBHOOK_SECRET)
    if not secret:
        return True
    # Bytes that are no text reach us as half characters.
    presented = _presented(header or "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(presented, str(secret).encode())


def _presented(header: str) -> str:
    """Return the secret in a Basic (as the password) or Bearer header, or the bare value."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return header
    try:
        return b64decode(value, validate=True).decode("latin-1").partition(":")[2]
    except ValueError:
        return ""


async def _body(request: web.Request) -> bytes | None:
    """Return the body, or None when it is larger than allowed; never read more than that."""
    if (request.content_length or 0) > BODY_LIMIT:
        return None
    body = bytearray()
    while chunk := await request.content.read(_CHUNK):
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def _understood(coordinator: ConnectionCoordinator, payload: JsonObject) -> Push:
    """Translate a payload; should that ever fail, the doorbell still rings: nothing is lost."""
    try:
        return coordinator.connection.translate(payload, dt_util.utcnow())
    except Exception:  # a bug of ours must not make the sender stop sending
        _LOGGER.exception("A push from %s was not understood", coordinator.name)
        return Push(event="unreadable", known=False, doorbells=frozenset({Doorbell.SELF}))
