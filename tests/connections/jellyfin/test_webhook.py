"""Check that our entry in the webhook plugin is kept in order, and nobody else's is touched."""

import copy

import pytest

from custom_components.media_status.clients.errors import AuthError, BadAnswer
from custom_components.media_status.connections.base import WebhookState, WebhookTarget
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import JsonObject, JsonValue

from .twin import Twin, sample_object

WEBHOOK_ID = "0123456789abcdef" * 4
URL = f"http://homeassistant.local:8123/api/media_status/webhook/{WEBHOOK_ID}"
TARGET = WebhookTarget(url=URL, secret="s3cret")
FOREIGN: JsonObject = {
    "WebhookName": "Home Assistant (Media Status)",
    "WebhookUri": "http://elsewhere/api/webhook/x",
    "NotificationTypes": ["PlaybackStart"],
    "Unknown": {"kept": [1, 2]},
}
OTHER_OURS: JsonObject = {
    "WebhookUri": f"http://other:8123/api/media_status/webhook/{'f' * 64}",
    "NotificationTypes": ["ItemAdded"],
}


def entries(twin: Twin) -> list[JsonValue]:
    """Return the generic destinations."""
    found = twin.configuration["GenericOptions"]
    assert isinstance(found, list)
    return found


def our_entry(twin: Twin) -> JsonObject:
    """Return our only entry."""
    (found,) = [e for e in entries(twin) if isinstance(e, dict) and e.get("WebhookUri") == URL]
    assert isinstance(found, dict)
    return found


async def test_a_new_entry_has_the_members_of_the_plugin(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """It looks like one that the plugin's own page writes, and asks for what we need."""
    assert await connection.webhook_state(TARGET) is WebhookState.MISSING
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert await connection.webhook_state(TARGET) is WebhookState.OURS
    entry = our_entry(twin)
    sample_options = sample_object("plugin-webhook-configuration-post.json")["GenericOptions"]
    assert isinstance(sample_options, list)
    wanted = sample_options[0]
    assert isinstance(wanted, dict)
    assert entry.keys() == wanted.keys()
    ours = {"Headers", "WebhookName", "WebhookUri"}
    assert {k: v for k, v in entry.items() if k not in ours} == {
        k: v for k, v in wanted.items() if k not in ours
    }
    assert entry["WebhookName"] == "Home Assistant (Media Status)"
    assert entry["Headers"] == [
        {"Key": "Content-Type", "Value": "application/json"},
        {"Key": "Authorization", "Value": "Bearer s3cret"},
    ]


async def test_doing_it_again_writes_nothing(connection: JellyfinConnection, twin: Twin) -> None:
    """The plugin takes over a saved configuration at once: not without need."""
    await connection.ensure_webhook(TARGET)
    before = copy.deepcopy(twin.configuration)
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert twin.saves == 1
    assert twin.configuration == before


@pytest.mark.parametrize(
    "drift",
    [
        {"NotificationTypes": ["ItemAdded"]},
        {"NotificationTypes": ["ItemAdded", "ItemDeleted", "PlaybackProgress"]},
        {"NotificationTypes": None},
        {"EnableEpisodes": False},
        {"EnableWebhook": False},
        {"SendAllProperties": False},
        {"Headers": []},
        {"Headers": None},
        {"Headers": [{"Key": "Authorization", "Value": "Bearer old"}]},
        {"WebhookUri": f"https://old.example/ha/api/media_status/webhook/{WEBHOOK_ID}/"},
    ],
)
async def test_drift_is_repaired(
    connection: JellyfinConnection, twin: Twin, drift: JsonObject
) -> None:
    """Address, secret and switches come back; the entry stays where it is."""
    await connection.ensure_webhook(TARGET)
    good = copy.deepcopy(our_entry(twin))
    our_entry(twin).update(drift)
    assert await connection.webhook_state(TARGET) is WebhookState.BROKEN
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert our_entry(twin) == good
    assert len(entries(twin)) == 1


async def test_the_users_own_wishes_stay(connection: JellyfinConnection, twin: Twin) -> None:
    """A new name, more headers and more item types are no fault."""
    await connection.ensure_webhook(TARGET)
    entry = our_entry(twin)
    entry |= {"WebhookName": "mine", "EnableAlbums": True, "Extra": 1}
    headers = entry["Headers"]
    assert isinstance(headers, list)
    headers.append({"Key": "X-Own", "Value": "1"})
    assert await connection.webhook_state(TARGET) is WebhookState.OURS
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert twin.saves == 1


async def test_a_second_entry_of_ours_goes(connection: JellyfinConnection, twin: Twin) -> None:
    """A copied entry would send everything twice."""
    await connection.ensure_webhook(TARGET)
    entries(twin).append(copy.deepcopy(our_entry(twin)))
    assert await connection.webhook_state(TARGET) is WebhookState.BROKEN
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert len(entries(twin)) == 1


async def test_others_are_never_touched(connection: JellyfinConnection, twin: Twin) -> None:
    """Foreign entries, another Home Assistant's, other destinations and unknown members stay."""
    twin.configuration |= {
        "GenericOptions": [FOREIGN, OTHER_OURS, "odd"],
        "DiscordOptions": [{"x": 1}],
        "ServerUrl": "http://jelly",
        "FutureMember": {"y": [2]},
    }
    before = copy.deepcopy(twin.configuration)
    assert await connection.webhook_state(TARGET) is WebhookState.MISSING
    assert await connection.ensure_webhook(TARGET, take_over=True) is WebhookState.OURS
    assert entries(twin)[:3] == [FOREIGN, OTHER_OURS, "odd"]
    assert len(entries(twin)) == 4
    await connection.remove_webhook(TARGET)
    assert twin.configuration == before


async def test_removing_what_is_not_there_writes_nothing(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Nothing of ours, nothing to do."""
    await connection.remove_webhook(TARGET)
    assert twin.saves == 0


async def test_an_address_that_is_not_one_of_ours_removes_nothing(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Entries without an id never equal a target without one."""
    twin.configuration["GenericOptions"] = [FOREIGN, {"WebhookUri": ""}, {"WebhookUri": "http://["}]
    await connection.remove_webhook(WebhookTarget(url="http://homeassistant.local:8123/"))
    assert twin.saves == 0


@pytest.mark.parametrize(
    "plugins",
    [
        [],
        [{"Name": "Shoko", "Id": "5216ccbfd24a4eb38a7e7da4230b7052", "Status": "Active"}],
        [{"Name": "Webhook", "Id": "71552a5a5c5c4350a2aeebe451a30173", "Status": "NotSupported"}],
        [{"Name": "Webhook", "Id": "71552a5a5c5c4350a2aeebe451a30173", "Status": "Disabled"}],
    ],
)
async def test_without_the_plugin_there_is_no_webhook(
    connection: JellyfinConnection, twin: Twin, plugins: list[JsonValue]
) -> None:
    """Not installed, switched off, or not for this server version."""
    twin.plugins = plugins
    assert await connection.webhook_state(TARGET) is WebhookState.UNSUPPORTED
    assert await connection.ensure_webhook(TARGET) is WebhookState.UNSUPPORTED
    await connection.remove_webhook(TARGET)
    assert twin.saves == 0


async def test_a_plugin_that_is_not_loaded_has_no_configuration(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Just installed: it works after the restart."""
    twin.failing["/Plugins/"] = 404
    assert await connection.ensure_webhook(TARGET) is WebhookState.UNSUPPORTED


async def test_an_older_version_beside_the_running_one(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """After an update Jellyfin lists both."""
    number = "71552a5a-5c5c-4350-a2ae-ebe451a30173"
    twin.plugins = [
        {"Name": "Webhook", "Id": number, "Status": "Superceded"},
        {"Name": "Webhook", "Id": number, "Status": "Active"},
    ]
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS


async def test_an_unknown_form_is_not_written_over(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """What we do not understand we do not replace."""
    twin.configuration["GenericOptions"] = {"future": True}
    with pytest.raises(BadAnswer):
        await connection.ensure_webhook(TARGET)
    assert twin.saves == 0


async def test_a_refused_key_is_told_without_the_secret(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Errors pass through, and hold neither key nor secret."""
    twin.failing["/Plugins"] = 401
    with pytest.raises(AuthError) as caught:
        await connection.ensure_webhook(TARGET)
    assert "s3cret" not in str(caught.value)


async def test_without_a_secret_no_authorization_is_sent(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """The webhook's address is secret enough then."""
    assert await connection.ensure_webhook(WebhookTarget(url=URL)) is WebhookState.OURS
    assert our_entry(twin)["Headers"] == [{"Key": "Content-Type", "Value": "application/json"}]
