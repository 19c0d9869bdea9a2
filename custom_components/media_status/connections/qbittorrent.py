"""Understand qBittorrent: what its torrents say about the downloads of open requests."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
import re
from typing import ClassVar, override

from ..clients.guard import Permit
from ..clients.qbittorrent import QBittorrentClient, ServerState, Torrent
from ..lifecycle.deletion import Holdings, Inspection, Step
from ..lifecycle.deletion_job import Sight
from ..lifecycle.facts import FactKind, Observation, Statement, Transfer, TransferPhase
from ..lifecycle.model import JsonObject, Service, Subject, Via
from ..lifecycle.troubles import Hitch
from .base import Census, Connection, Doorbell, Push, ServiceInfo, Survey, SurveyContext
from .qbittorrent_deletion import TorrentDeletion

# The states of all versions from 4.1 to 5.3; 5.0 renamed paused to stopped.
_PHASES = {
    "downloading": TransferPhase.DOWNLOADING,
    "forcedDL": TransferPhase.DOWNLOADING,
    "allocating": TransferPhase.DOWNLOADING,
    "stalledDL": TransferPhase.STALLED,
    "metaDL": TransferPhase.METADATA,
    "forcedMetaDL": TransferPhase.METADATA,
    "queuedDL": TransferPhase.QUEUED,
    "pausedDL": TransferPhase.PAUSED,
    "stoppedDL": TransferPhase.PAUSED,
    "checkingDL": TransferPhase.CHECKING,
    "checkingUP": TransferPhase.CHECKING,
    "checkingResumeData": TransferPhase.CHECKING,
    "moving": TransferPhase.MOVING,
    "error": TransferPhase.ERROR,
    "missingFiles": TransferPhase.MISSING_FILES,
}
# Here `progress` is that of the check, or says nothing: a full bar does not mean finished.
_PROGRESS_PROVES_NOTHING = frozenset(
    {TransferPhase.CHECKING, TransferPhase.ERROR, TransferPhase.MISSING_FILES}
)
_RATES = frozenset({TransferPhase.DOWNLOADING, TransferPhase.STALLED})
_NEEDS_OTHERS = frozenset(
    {TransferPhase.DOWNLOADING, TransferPhase.STALLED, TransferPhase.METADATA, TransferPhase.QUEUED}
)
# With less than this, in bytes, no disk is of any use; the rest may be reserved already.
_NOTHING_FREE = 100 * 1024 * 1024

_HASH = re.compile(r"(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})", re.ASCII)
_BELLS = {
    "added": frozenset({Doorbell.SELF}),
    "finished": frozenset({Doorbell.SELF, Doorbell.MANAGERS}),
}


class QBittorrentConnection(Connection):
    """One qBittorrent: a survey is one call, whatever the number of torrents or requests."""

    service: ClassVar[Service] = Service.QBITTORRENT

    def __init__(self, connection_id: str, client: QBittorrentClient) -> None:
        """Initialize with the subentry's id and the client that speaks to it."""
        super().__init__(connection_id)
        self.client = client
        self._deletion = TorrentDeletion(client)

    @override
    async def probe(self) -> ServiceInfo:
        """Return who answers; raise `ClientError`."""
        version = await self.client.version()
        return ServiceInfo(name="qBittorrent", version=version.app)

    @override
    def translate(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return the doorbells that a finished or added torrent rings.

        The body is what a person put into qBittorrent's "run external program": `hash` (or `id`)
        and, optionally, `event`. It states nothing: what the torrent is like is asked.
        """
        event = payload.get("event", "finished")
        name = event.strip().lower()[:40] if isinstance(event, str) else "unknown"
        if name not in _BELLS:
            return Push(event=name, known=False)
        if not any(_is_hash(payload.get(key)) for key in ("hash", "id", "hash_v2")):
            return Push(event=name, known=False)
        return Push(event=name, doorbells=_BELLS[name])

    @override
    async def survey(self, context: SurveyContext) -> Survey:
        """Return how far the downloads of all open requests are; raise `ClientError`."""
        wanted = context.downloads
        dropped = self.client.dropped
        data = await self.client.maindata()
        lost = self.client.dropped - dropped
        observations: list[Observation] = []
        rate = 0
        for torrent, key in _matches(data.torrents, wanted):
            transfer = transfer_of(torrent, data.server)
            rate += transfer.speed
            observations.append(
                Observation(
                    connection_id=self.connection_id,
                    service=self.service,
                    via=Via.SURVEY,
                    seen_at=context.now,
                    statements=(Statement(value=transfer, subject=Subject(download=key)),),
                    download_ids=torrent.ids,
                )
            )
        return Survey(
            started_at=context.now,
            observations=tuple(observations),
            # A torrent that could not be read is no absent one.
            complete=frozenset() if lost else frozenset({FactKind.TRANSFER}),
            dropped=lost,
            download_rate=rate,
        )

    @override
    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return the torrents that have to do with what shall be deleted."""
        return await self._deletion.inspect(inspection)

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        """Remove a torrent, with or without its data."""
        await self._deletion.remove(step, permit)

    @override
    async def look(self, step: Step) -> Sight:
        """Return whether a torrent is gone."""
        return await self._deletion.look(step)

    @override
    async def census(self) -> Census:
        """Return how many torrents there are."""
        return await self._deletion.census()


def _matches(
    torrents: Mapping[str, Torrent], wanted: Collection[str]
) -> Iterator[tuple[Torrent, str]]:
    """Yield the torrents that are wanted, each with the name under which it is.

    Radarr and Sonarr name a hybrid by its v1 hash and a v2 torrent by 64 digits at the grab, but
    by qBittorrent's own id (the first 40 digits of the v2 hash) in their queue.
    """
    if not wanted:
        return
    for torrent in torrents.values():
        found = torrent.ids.intersection(wanted)
        if found:
            yield torrent, torrent.hash if torrent.hash in found else min(found)


def transfer_of(torrent: Torrent, server: ServerState | None = None) -> Transfer:
    """Return what qBittorrent says about one torrent, in our words."""
    phase = phase_of(torrent)
    is_moving = phase in _RATES
    return Transfer(
        present=True,
        phase=phase,
        progress=1.0 if phase is TransferPhase.DONE else torrent.progress,
        size=torrent.size or None,
        # The speed decays over seconds after the end, and means nothing in any other state.
        speed=torrent.dlspeed if is_moving else 0,
        eta_seconds=torrent.eta if is_moving else None,
        seeds=torrent.num_seeds,
        queue_position=torrent.priority or None,
        hitch=_hitch(torrent, phase, server) if server is not None else None,
    )


def _hitch(torrent: Torrent, phase: TransferPhase, server: ServerState) -> Hitch | None:
    """Return what the client as a whole lacks, where this torrent suffers from it.

    qBittorrent writes the reason of an error into its log only.
    """
    if phase is TransferPhase.ERROR and server.free_space is not None:
        needed = max(torrent.amount_left, _NOTHING_FREE)
        return Hitch.DISK_FULL if server.free_space < needed else None
    is_offline = server.connection_status == "disconnected" and torrent.dlspeed == 0
    return Hitch.OFFLINE if is_offline and phase in _NEEDS_OTHERS else None


def phase_of(torrent: Torrent) -> TransferPhase:
    """Return the phase that state and progress prove together.

    States of storage moves and states we have never heard of are judged by progress alone.
    """
    state = torrent.state.strip()
    phase = _PHASES.get(state, TransferPhase.UNKNOWN)
    if phase in _PROGRESS_PROVES_NOTHING:
        return phase
    if state == "uploading" or state.endswith("UP"):
        return TransferPhase.DONE
    # A magnet link without metadata has nothing left either, but also no size.
    if torrent.progress >= 1 and torrent.size:
        return TransferPhase.DONE
    # In its first seconds qBittorrent calls a torrent stalled although data flow.
    if phase is TransferPhase.STALLED and torrent.dlspeed > 0:
        return TransferPhase.DOWNLOADING
    return phase


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value.strip()) is not None
