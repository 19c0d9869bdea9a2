"""Test making connections from what is stored."""

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.connections_factory import create_connection, webhook_target
from custom_components.media_status.const import KINDS
from homeassistant.core import HomeAssistant

DATA: dict[str, object] = {"url": "http://service.local:1234", "api_key": "key"}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind(hass: HomeAssistant, kind: str) -> None:
    """Each kind has its connection, known by the subentry's id, and nothing is asked yet."""
    connection = create_connection(hass, kind, "subentry", DATA)

    assert connection.service == kind
    assert connection.connection_id == "subentry"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [("vcr", {}), ("radarr", {"url": "nowhere"}), ("radarr", {"api_key": "kéy"})],
)
async def test_what_cannot_be_used(
    hass: HomeAssistant, kind: str, changes: dict[str, object]
) -> None:
    """A stored connection that cannot be used raises what a service would, nothing else."""
    with pytest.raises(ClientError):
        create_connection(hass, kind, "subentry", {**DATA, **changes})


async def test_who_pushes_over_its_own_socket_has_no_address(hass: HomeAssistant) -> None:
    """Nothing is set up where nothing would be sent."""
    await hass.config.async_update(internal_url="http://192.168.1.5:8123")
    assert webhook_target(hass, {}, DATA) is None


async def test_where_pushes_go(hass: HomeAssistant) -> None:
    """The user's address wins over Home Assistant's own."""
    await hass.config.async_update(
        internal_url="http://192.168.1.5:8123", external_url="https://ha.example.org"
    )
    data = {"webhook_id": "abc", "webhook_secret": "xyz"}
    target = webhook_target(hass, {"webhook_base_url": None}, data)
    assert target is not None
    assert target.url == "http://192.168.1.5:8123/api/media_status/webhook/abc"
    assert target.secret == "xyz"

    target = webhook_target(hass, {"webhook_base_url": "http://10.0.0.2/ha/"}, data)
    assert target is not None
    assert target.url == "http://10.0.0.2/ha/api/media_status/webhook/abc"
