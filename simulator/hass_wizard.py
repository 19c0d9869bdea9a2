"""Add Media Status to a real Home Assistant through its config flow, step by step."""

import asyncio
from collections.abc import Iterable, Mapping

from .hass_client import HassClient, HassRefusedError
from .model import JsonObject
from .server import DEFAULT, Simulator

_POLL = 0.2
_PUSHING = {"ours", "unsupported"}
_FLOW = "/api/config/config_entries/flow"
_SUBENTRY_FLOW = "/api/config/config_entries/subentries/flow"
_OPTIONS = "/api/config/config_entries/options/flow"


def form_of(simulator: Simulator, name: str) -> JsonObject:
    """Return what a person types into the form of a simulated service."""
    if simulator[name].kind == "qbittorrent":
        auth = simulator.qbittorrent.auth
        return {
            "url": simulator.url(name),
            "username": auth.username,
            "password": auth.password,
            "verify_ssl": True,
        }
    form: JsonObject = {"url": simulator.url(name), "api_key": simulator.api_key(name)}
    if simulator[name].kind in {"radarr", "sonarr"}:
        form["serves_4k"] = name.endswith("4k")
    return form | {"verify_ssl": True}


async def add_tracker(
    client: HassClient,
    simulator: Simulator,
    names: Iterable[str] = DEFAULT,
    forms: Mapping[str, JsonObject] | None = None,
) -> str:
    """Walk through the wizard with one connection per name; return the entry's id.

    `forms` replaces what is typed for a service, for one that is not simulated. Raises
    `HassRefusedError` when a step shows an error.
    """
    answer = await client.call("POST", _FLOW, {"handler": "media_status"})
    flow = f"{_FLOW}/{answer['flow_id']}"
    await client.call("POST", flow, {"track_manual": True, "manage_webhooks": True})
    for name in names:
        form = (forms or {}).get(name) or form_of(simulator, name)
        await client.call("POST", flow, {"next_step_id": simulator[name].kind})
        answer = await client.call("POST", flow, form)
        if str(answer.get("step_id", "")).startswith("webhook_"):
            answer = await client.call("POST", flow, {})
        if answer.get("type") != "menu":
            raise HassRefusedError(f"{name}: {answer.get('step_id')} {answer.get('errors')}")
    answer = await client.call("POST", flow, {"next_step_id": "finish"})
    entry = answer.get("result")
    if answer.get("type") != "create_entry" or not isinstance(entry, dict):
        raise HassRefusedError(f"the wizard ended with {answer.get('type')}")
    return str(entry["entry_id"])


async def add_connection(
    client: HassClient, simulator: Simulator, entry_id: str, name: str
) -> None:
    """Add a service to a tracker that runs; raise `HassRefusedError` when a step shows an error."""
    start = {"handler": [entry_id, simulator[name].kind]}
    answer = await client.call("POST", _SUBENTRY_FLOW, start)
    flow = f"{_SUBENTRY_FLOW}/{answer['flow_id']}"
    answer = await client.call("POST", flow, form_of(simulator, name))
    if answer.get("step_id") == "webhook":
        answer = await client.call("POST", flow, {})
    if answer.get("type") != "create_entry":
        raise HassRefusedError(f"{name}: {answer.get('step_id')} {answer.get('errors')}")


async def set_options(client: HassClient, entry_id: str, **changes: object) -> None:
    """Change options of the tracker; the others keep the value that the form suggests.

    Options of a section are changed by the section's name, with a mapping.
    """
    answer = await client.call("POST", _OPTIONS, {"handler": entry_id})
    values = _suggested(answer["data_schema"])
    for name, change in changes.items():
        shown = values.get(name)
        if isinstance(shown, Mapping) and isinstance(change, Mapping):
            values[name] = {**shown, **change}
        else:
            values[name] = change
    answer = await client.call("POST", f"{_OPTIONS}/{answer['flow_id']}", values)
    if answer.get("type") != "create_entry":
        raise HassRefusedError(f"the options were refused: {answer.get('errors')}")


async def until_connected(client: HassClient, limit: float = 60.0) -> None:
    """Wait until every service was asked and can push; changed options begin all of that anew.

    Raises `TimeoutError`.
    """
    async with asyncio.timeout(limit):
        while not await _is_connected(client):
            await asyncio.sleep(_POLL)


async def _is_connected(client: HassClient) -> bool:
    entries = await client.command("config_entries/get", domain="media_status")
    try:
        answer = await client.command("media_status/connections")
    except HassRefusedError:
        return False  # it is being set up
    rows = answer.get("connections") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not isinstance(entries, list):
        return False
    # One that was just added is not there before the entry is set up anew.
    added = sum(int(entry["num_subentries"]) for entry in entries)
    return len(rows) == added and all(
        row["is_healthy"] and row["webhook"] in _PUSHING for row in rows
    )


def _suggested(fields: object) -> dict[str, object]:
    """Return what a form suggests, that of its sections by their names."""
    found: dict[str, object] = {}
    for field in fields if isinstance(fields, list) else ():
        name, shown = str(field["name"]), field.get("description") or {}
        value = shown.get("suggested_value", field.get("default"))
        if field.get("type") == "expandable":
            value = _suggested(field.get("schema"))
        if value is not None:
            found[name] = value
    return found
