"""Add and change the connections of a tracker through their forms."""

from collections.abc import Mapping
from types import MappingProxyType

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigSubentry,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant

KEY = "canary-0123456789abcdef0123456789abcdef"
NEW_KEY = "fresh-0123456789abcdef0123456789abcdef"
FORMS: dict[str, dict[str, object]] = {
    "seerr": {"url": "http://seerr.local:5055", "api_key": KEY},
    "radarr": {"url": "http://radarr.local:7878", "api_key": KEY, "serves_4k": True},
    "sonarr": {"url": "http://sonarr.local:8989", "api_key": KEY},
    "qbittorrent": {"url": "http://qbt.local:8080", "username": "me", "password": KEY},
    "shoko": {"url": "http://shoko.local:8111", "api_key": KEY},
    "jellyfin": {"url": "http://jf.local:8096", "api_key": KEY, "public_url": "https://tv.example"},
}
TITLES = {
    "seerr": "Seerr",
    "radarr": "Radarr 4K",
    "sonarr": "Sonarr",
    "qbittorrent": "qBittorrent",
    "shoko": "Shoko",
    "jellyfin": "Jellyfin",
}
WITH_WEBHOOK = tuple(kind for kind in FORMS if kind != "shoko")


def connect(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, **changes: object
) -> ConfigSubentry:
    """Store a connection in the tracker."""
    data = {"verify_ssl": True, **FORMS[kind], **changes}
    if kind in WITH_WEBHOOK:
        data |= {"webhook_id": "0" * 64, "webhook_secret": "kept-secret"}
    if kind in {"radarr", "sonarr"}:
        data.setdefault("serves_4k", False)
    subentry = ConfigSubentry(
        data=MappingProxyType(data), subentry_type=kind, title=TITLES[kind], unique_id=None
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


async def add(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> SubentryFlowResult:
    """Open the form of a new connection."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind), context={"source": SOURCE_USER}
    )


async def change(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry
) -> SubentryFlowResult:
    """Open the form of a stored connection."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, subentry.subentry_type),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id},
    )


async def submit(
    hass: HomeAssistant, flow: SubentryFlowResult, typed: Mapping[str, object]
) -> SubentryFlowResult:
    """Submit a form."""
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], dict(typed))


def only(entry: MockConfigEntry) -> ConfigSubentry:
    """Return the tracker's only connection."""
    (subentry,) = entry.subentries.values()
    return subentry
