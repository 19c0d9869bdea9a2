"""Build the forms of connections and read what was typed into them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import voluptuous as vol
from yarl import URL

from homeassistant.const import (
    CONF_API_KEY,
    CONF_HOST,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_SSL,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .clients.errors import BadAddress
from .clients.safety import base_url
from .const import CONF_PUBLIC_URL, CONF_SERVES_4K
from .lifecycle.model import Service

SECRETS: Final = frozenset({CONF_API_KEY, CONF_PASSWORD})
# Home Assistant's own integrations for the same services; only their addresses are suggested.
CORE_DOMAINS: Final[Mapping[str, str]] = {
    Service.SEERR: "overseerr",
    Service.RADARR: "radarr",
    Service.SONARR: "sonarr",
    Service.QBITTORRENT: "qbittorrent",
    Service.JELLYFIN: "jellyfin",
}
_WITH_USER: Final = frozenset({Service.QBITTORRENT, Service.SHOKO})
_NAME_LIMIT: Final = 100

_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL, autocomplete="off"))
_TEXT = TextSelector(TextSelectorConfig(autocomplete="off"))
_SECRET = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
)

type Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a form says, ready to be stored, or what is wrong with it by field."""

    data: dict[str, str | bool] = field(default_factory=dict)
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def connection_schema(kind: str, *, has_secret: bool) -> vol.Schema:
    """Return the form of a kind; with `has_secret` an empty key means the stored one."""
    fields: dict[vol.Marker, object] = {vol.Required(CONF_URL): _URL}
    if kind in _WITH_USER:
        fields[vol.Optional(CONF_API_KEY)] = _SECRET
        fields[vol.Optional(CONF_USERNAME)] = _TEXT
        fields[vol.Optional(CONF_PASSWORD)] = _SECRET
    else:
        fields[(vol.Optional if has_secret else vol.Required)(CONF_API_KEY)] = _SECRET
    if kind in {Service.SHOKO, Service.JELLYFIN}:
        fields[vol.Optional(CONF_PUBLIC_URL)] = _URL
    if kind in {Service.RADARR, Service.SONARR}:
        fields[vol.Required(CONF_SERVES_4K, default=False)] = BooleanSelector()
    fields[vol.Required(CONF_VERIFY_SSL, default=True)] = BooleanSelector()
    fields[vol.Optional(CONF_NAME)] = _TEXT
    return vol.Schema(fields)


def shown_values(values: Fields, name: str | None = None) -> dict[str, object]:
    """Return what a form may show again: everything but secrets."""
    shown = {key: value for key, value in values.items() if key not in SECRETS}
    return shown if name is None else {**shown, CONF_NAME: name}


def suggested_values(hass: HomeAssistant, kind: str, taken: Iterable[str]) -> dict[str, object]:
    """Return address and user of a core entry of the same service that is not yet a connection."""
    known = list(taken)
    domain = CORE_DOMAINS.get(kind)
    if domain is None:
        return {}
    for entry in hass.config_entries.async_entries(domain, include_ignore=False):
        try:
            url = normalise_url(_core_url(entry.data))
        except BadAddress:
            continue
        if any(same_address(url, other) for other in known):
            continue
        values: dict[str, object] = {CONF_URL: url}
        if kind == Service.QBITTORRENT and entry.data.get(CONF_USERNAME):
            values[CONF_USERNAME] = entry.data[CONF_USERNAME]
        if CONF_VERIFY_SSL in entry.data:
            values[CONF_VERIFY_SSL] = bool(entry.data[CONF_VERIFY_SSL])
        return values
    return {}


def _core_url(data: Fields) -> str:
    """Return the address in a core entry's data (Seerr's is stored in pieces)."""
    if CONF_HOST not in data:
        return str(data.get(CONF_URL) or "")
    scheme = "https" if data.get(CONF_SSL) else "http"
    return f"{scheme}://{data[CONF_HOST]}:{data.get(CONF_PORT, 5055)}"


def normalise_url(text: str) -> str:
    """Return an address in the form that is stored; raise `BadAddress` when it is none."""
    text = text.strip()
    if text and "://" not in text:
        text = f"http://{text}"
    return str(base_url(text)).rstrip("/")


def same_address(one: str, other: str) -> bool:
    """Tell whether two addresses lead to the same service, whatever the scheme."""
    first, second = URL(one), URL(other)
    return (first.host, first.port, first.path.rstrip("/")) == (
        second.host,
        second.port,
        second.path.rstrip("/"),
    )


def read_form(kind: str, typed: Fields, stored: Fields) -> Reading:
    """Return what was typed, with empty secrets filled from `stored` for the same host."""
    errors: dict[str, str] = {}
    data: dict[str, str | bool] = {}
    for key in (CONF_URL, CONF_PUBLIC_URL):
        if text := _typed(typed, key):
            try:
                data[key] = normalise_url(text)
            except BadAddress:
                errors[key] = "invalid_url"
    if CONF_URL not in data:
        errors[CONF_URL] = "invalid_url"
        return Reading(errors=errors)
    data[CONF_VERIFY_SSL] = bool(typed.get(CONF_VERIFY_SSL, True))
    if kind in {Service.RADARR, Service.SONARR}:
        data[CONF_SERVES_4K] = bool(typed.get(CONF_SERVES_4K, False))
    # A stored secret never goes to a host it was not typed for.
    keeps = _same_host(str(data[CONF_URL]), stored.get(CONF_URL))
    kept = {key: str(stored[key]) for key in SECRETS if keeps and stored.get(key)}
    match kind:
        case Service.QBITTORRENT:
            data |= _qbittorrent_sign_in(typed, stored, kept, errors)
        case Service.SHOKO:
            data |= _shoko_sign_in(typed, stored, kept, errors)
        case _:
            data |= _key_sign_in(typed, kept, errors)
    return Reading(data=data, name=_typed(typed, CONF_NAME)[:_NAME_LIMIT], errors=errors)


def _key_sign_in(typed: Fields, kept: Mapping[str, str], errors: dict[str, str]) -> dict[str, str]:
    """Return the API key, typed or kept."""
    if key := _typed(typed, CONF_API_KEY) or kept.get(CONF_API_KEY):
        return {CONF_API_KEY: key}
    errors[CONF_API_KEY] = "secret_needed"
    return {}


def _qbittorrent_sign_in(
    typed: Fields, stored: Fields, kept: Mapping[str, str], errors: dict[str, str]
) -> dict[str, str]:
    """Return an API key, or user and password, or nothing when qBittorrent asks for none."""
    if key := _typed(typed, CONF_API_KEY):
        return {CONF_API_KEY: key}
    username = _typed(typed, CONF_USERNAME)
    password = str(typed.get(CONF_PASSWORD) or "")
    if username:
        if username == stored.get(CONF_USERNAME):
            password = password or kept.get(CONF_PASSWORD, "")
        if not password:
            errors[CONF_PASSWORD] = "secret_needed"
        return {CONF_USERNAME: username, CONF_PASSWORD: password}
    if password:
        errors[CONF_USERNAME] = "username_needed"
    elif stored.get(CONF_API_KEY):
        return _key_sign_in(typed, kept, errors)
    return {}


def _shoko_sign_in(
    typed: Fields, stored: Fields, kept: Mapping[str, str], errors: dict[str, str]
) -> dict[str, str]:
    """Return the API key, or a user to get one with; its password may be empty."""
    if key := _typed(typed, CONF_API_KEY):
        return {CONF_API_KEY: key}
    password = str(typed.get(CONF_PASSWORD) or "")
    if username := _typed(typed, CONF_USERNAME):
        return {CONF_USERNAME: username, CONF_PASSWORD: password}
    if password:
        errors[CONF_USERNAME] = "username_needed"
    elif stored.get(CONF_API_KEY):
        return _key_sign_in(typed, kept, errors)
    else:
        errors[CONF_API_KEY] = "sign_in_needed"
    return {}


def _typed(typed: Fields, key: str) -> str:
    """Return a typed text without the blanks around it."""
    return str(typed.get(key) or "").strip()


def _same_host(url: str, stored: object) -> bool:
    """Tell whether an address is on the host of the stored one."""
    return isinstance(stored, str) and URL(url).host == URL(stored).host
