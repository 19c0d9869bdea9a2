"""Keep the household's Home Assistant: the whole integration, stopped, killed and started anew."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

from custom_components.media_status.const import DOMAIN, KINDS
from custom_components.media_status.hub import Hub
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from simulator import Simulator

from ..house import SECRET, webhook_id
from .reference import ClearLine, Reference

_JOURNAL = ("media_status.db", "media_status.db-wal", "media_status.db-shm")
_OURS = ("survey of ", "first survey", "webhook of ", "explain ", "watch for ")
_AT_ONCE = 1.0  # seconds: the interval of a connection that has more to read


class Home:
    """The integration in a running Home Assistant, connected to a simulator."""

    def __init__(
        self,
        hass: HomeAssistant,
        sim: Simulator,
        port: int,
        *,
        polls: bool = False,
        options: Mapping[str, object] | None = None,
    ) -> None:
        """Initialize; nothing runs before it is entered.

        Without `polls` surveys are made by the schedule and by doorbells only.
        """
        self.hass = hass
        self.sim = sim
        self.reference: Reference
        self._last: Hub
        self.entry = _entry(sim, port, options or {}, polls=polls)
        self._lines = {name: ClearLine(sim[name]) for name in sim.names()}
        self.troubles: list[str] = []

    @property
    def hub(self) -> Hub:
        """Return the running hub, or the one that ran last."""
        if self.is_running:
            self._last = self.entry.runtime_data
        return self._last

    @property
    def is_running(self) -> bool:
        """Return whether the integration is loaded."""
        return self.entry.state is ConfigEntryState.LOADED

    async def __aenter__(self) -> Self:
        """Set up, survey once, and let the reference follow from then on."""
        addresses = {name: await line.open() for name, line in self._lines.items()}
        await self.hass.config_entries.async_add(self.entry)
        self.reference = Reference(
            self.hub, {name: self.sim[name] for name in self.sim.names()}, addresses
        )
        await self.quiet()
        await self.survey()
        await self.reference.survey(self.hub)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Remove the integration with all that it stored."""
        await self.hass.config_entries.async_remove(self.entry.entry_id)
        for line in self._lines.values():
            await line.close()

    async def quiet(self) -> None:
        """Wait until every survey that began has ended, and everything it caused."""
        while mine := [task for task in asyncio.all_tasks() if task.get_name().startswith(_OURS)]:
            await asyncio.wait(mine)
        await self.hass.async_block_till_done()

    async def wait(self, seconds: float) -> None:
        """Let time pass, and everything that it causes."""
        await asyncio.sleep(seconds)
        await self.quiet()

    async def survey(self, names: Collection[str] | None = None) -> dict[str, str]:
        """Ask services until nothing is left to read; return how each answered."""
        if not self.is_running:
            return {}
        results = await self.hub.survey(names)
        while behind := [
            key
            for key, found in self.hub.connections.items()
            if found.is_healthy
            and found.update_interval is not None
            and found.update_interval.total_seconds() <= _AT_ONCE
        ]:
            results |= await self.hub.survey(behind)
        await self.quiet()
        return results

    async def stop(self) -> None:
        """Unload, as a stop of Home Assistant does."""
        if self.is_running:
            await self.hass.config_entries.async_unload(self.entry.entry_id)

    async def start(self) -> None:
        """Set up again."""
        if self.is_running:
            return
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        if not self.is_running:
            self.troubles.append(f"the entry is {self.entry.state}")
        await self.quiet()

    async def kill(self) -> None:
        """End as a process does that is killed: what the disk holds at this instant remains.

        The copy is made by the event loop's thread, so nothing but the journal's own thread goes
        on meanwhile. Whatever the rest of the process writes after that is thrown away.
        """
        if not self.is_running:
            return
        folder = Path(self.hass.config.config_dir)
        kept = {name: data for name in _JOURNAL if (data := _read(folder / name)) is not None}
        await self.stop()
        for name in _JOURNAL:
            (folder / name).unlink(missing_ok=True)
        for name, data in kept.items():
            (folder / name).write_bytes(data)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _entry(
    sim: Simulator, port: int, options: Mapping[str, object], *, polls: bool
) -> ConfigEntry[Hub]:
    return ConfigEntry(
        data={},
        discovery_keys=MappingProxyType({}),
        domain=DOMAIN,
        minor_version=1,
        options={"webhook_base_url": f"http://127.0.0.1:{port}", **options},
        pref_disable_polling=not polls,
        source="user",
        subentries_data=[_subentry(sim, name) for name in sim.names()],
        title="Media Status",
        unique_id=None,
        version=1,
    )


def _subentry(sim: Simulator, name: str) -> ConfigSubentryDataWithId:
    kind = next(kind for kind in KINDS if name.startswith(kind))
    data: dict[str, object] = {
        "url": sim.url(name),
        "verify_ssl": True,
        "webhook_id": webhook_id(name)[:64],
        "webhook_secret": SECRET,
        "serves_4k": name.endswith("4k"),
    }
    data |= _keys(sim, name)
    return ConfigSubentryDataWithId(
        subentry_id=name, subentry_type=kind, title=name.title(), unique_id=None, data=data
    )


def _keys(sim: Simulator, name: str) -> Mapping[str, object]:
    if name != "qbittorrent":
        return {"api_key": sim.api_key(name)}
    return {"username": sim.qbittorrent.auth.username, "password": sim.qbittorrent.auth.password}
