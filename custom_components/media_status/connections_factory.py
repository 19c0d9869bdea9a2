"""Create connections, and where their webhooks lead, from what the user configured."""

from collections.abc import Mapping

from aiohttp import ClientSession

from homeassistant.const import (
    CONF_API_KEY,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.network import NoURLAvailableError, get_url

from .clients.base import BaseClient
from .clients.errors import ClientError
from .clients.guard import Removals
from .clients.jellyfin import JellyfinClient
from .clients.qbittorrent import QBittorrentClient
from .clients.radarr import RadarrClient
from .clients.seerr import SeerrClient
from .clients.shoko import ShokoClient
from .clients.sonarr import SonarrClient
from .connections.base import Connection, WebhookTarget
from .connections.jellyfin import JellyfinConnection
from .connections.qbittorrent import QBittorrentConnection
from .connections.radarr import RadarrConnection
from .connections.seerr import SeerrConnection
from .connections.shoko import ShokoConnection
from .connections.sonarr import SonarrConnection
from .const import (
    CONF_SERVES_4K,
    CONF_WEBHOOK_BASE_URL,
    CONF_WEBHOOK_ID,
    CONF_WEBHOOK_PREVIOUS,
    CONF_WEBHOOK_SECRET,
    WEBHOOK_PATH,
)
from .lifecycle.model import Service


def create_connection(
    hass: HomeAssistant,
    kind: str,
    connection_id: str,
    data: Mapping[str, object],
    removals: Removals = Removals.OFF,
) -> Connection:
    """Return the connection of a subentry; nothing is asked yet.

    Its client removes nothing, only rehearses, or removes by permits for exactly this connection.
    Raises `ClientError` only for a key or an address that no request can carry, and for a kind
    that this version does not know.
    """
    verify_ssl = bool(data.get(CONF_VERIFY_SSL, True))
    session = async_get_clientsession(hass, verify_ssl)
    url = str(data[CONF_URL])
    api_key = _text(data, CONF_API_KEY) or ""
    is_4k = bool(data.get(CONF_SERVES_4K, False))

    def armed[T: BaseClient](client: T) -> T:
        client.instance = connection_id
        client.removals = removals
        return client

    match kind:
        case Service.SEERR:
            seerr = SeerrClient(session, url, api_key, verify_ssl=verify_ssl)
            return SeerrConnection(connection_id, armed(seerr))
        case Service.RADARR:
            radarr = RadarrClient(session, url, api_key, verify_ssl=verify_ssl)
            return RadarrConnection(connection_id, armed(radarr), serves_4k=is_4k)
        case Service.SONARR:
            sonarr = SonarrClient(session, url, api_key, verify_ssl=verify_ssl)
            return SonarrConnection(connection_id, armed(sonarr), serves_4k=is_4k)
        case Service.QBITTORRENT:
            torrents = _qbittorrent(session, data, verify_ssl=verify_ssl)
            return QBittorrentConnection(connection_id, armed(torrents))
        case Service.SHOKO:
            shoko = ShokoClient(session, url, api_key, verify_ssl=verify_ssl)
            return ShokoConnection(connection_id, armed(shoko))
        case Service.JELLYFIN:
            jellyfin = JellyfinClient(
                session, url, api_key, verify_ssl=verify_ssl, device_id=connection_id
            )
            return JellyfinConnection(connection_id, armed(jellyfin))
    raise ClientError("this version does not know the kind of connection")


def _qbittorrent(
    session: ClientSession, data: Mapping[str, object], *, verify_ssl: bool
) -> QBittorrentClient:
    return QBittorrentClient(
        session,
        str(data[CONF_URL]),
        username=_text(data, CONF_USERNAME),
        password=_text(data, CONF_PASSWORD),
        api_key=_text(data, CONF_API_KEY),
        verify_ssl=verify_ssl,
    )


async def sign_in_to_shoko(
    hass: HomeAssistant, data: Mapping[str, object], username: str, password: str
) -> str:
    """Return a key for a user of Shoko; raise `ClientError` when it gives none."""
    verify_ssl = bool(data.get(CONF_VERIFY_SSL, True))
    session = async_get_clientsession(hass, verify_ssl)
    client = ShokoClient(session, str(data[CONF_URL]), "", verify_ssl=verify_ssl)
    return await client.sign_in(username, password)


def webhook_target(
    hass: HomeAssistant, options: Mapping[str, object], data: Mapping[str, object]
) -> WebhookTarget | None:
    """Return where a service shall send its pushes.

    None when Home Assistant has no address, and for services that send none.
    """
    base = options.get(CONF_WEBHOOK_BASE_URL)
    if CONF_WEBHOOK_ID not in data:
        return None
    if not base:
        try:
            base = get_url(hass, allow_internal=True, prefer_external=False)
        except NoURLAvailableError:
            return None
    previous = data.get(CONF_WEBHOOK_PREVIOUS)
    return WebhookTarget(
        url=f"{str(base).rstrip('/')}{WEBHOOK_PATH}/{data[CONF_WEBHOOK_ID]}",
        secret=_text(data, CONF_WEBHOOK_SECRET),
        previous=previous if isinstance(previous, dict) else None,
    )


def _text(data: Mapping[str, object], key: str) -> str | None:
    """Return a configured text, or None when it is absent or empty."""
    value = data.get(key)
    return value if isinstance(value, str) and value else None
