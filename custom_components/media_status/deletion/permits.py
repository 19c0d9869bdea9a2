"""Give the leave to remove exactly what a step of a plan names, and nothing else."""

from collections.abc import Iterator
from typing import Final

from ..clients.guard import Permit, Target, TargetKind
from ..lifecycle.deletion import Step, Verb
from ..lifecycle.model import Service

_KINDS: Final = {
    (Service.QBITTORRENT, Verb.REMOVE_TORRENT): TargetKind.TORRENT,
    (Service.RADARR, Verb.UNMONITOR): TargetKind.MONITORED_MOVIE,
    (Service.RADARR, Verb.REMOVE_TITLE): TargetKind.MOVIE,
    (Service.RADARR, Verb.REMOVE_FILE): TargetKind.MOVIE_FILE,
    (Service.SONARR, Verb.REMOVE_TITLE): TargetKind.SERIES,
    (Service.SONARR, Verb.REMOVE_FILE): TargetKind.EPISODE_FILE,
    (Service.SHOKO, Verb.REMOVE_RECORD): TargetKind.SHOKO_FILE,
    (Service.SEERR, Verb.REMOVE_REQUEST): TargetKind.SEERR_REQUEST,
    (Service.SEERR, Verb.REMOVE_MEDIA): TargetKind.SEERR_MEDIA,
}


def permit(step: Step, *, dry_run: bool = True) -> Permit:
    """Return the permit for one step; of a step that removes nothing it names nothing."""
    return Permit(
        step_id=step.id,
        instance=step.connection_id or "",
        targets=frozenset(_targets(step)),
        files=step.delete_files,
        dry_run=dry_run,
    )


def _targets(step: Step) -> Iterator[Target]:
    if (step.service, step.verb) == (Service.SONARR, Verb.UNMONITOR):
        yield from _unmonitored(step)
        return
    kind = _KINDS.get((step.service, step.verb))
    if kind is not None and step.target:
        yield Target(kind=kind, id=step.target)


def _unmonitored(step: Step) -> Iterator[Target]:
    """Yield episodes by Sonarr's own ids, and the seasons that were asked for as a whole."""
    for item in step.items:
        if own_id := step.expects.get(item.label):
            yield Target(kind=TargetKind.EPISODE, id=own_id)
    for name, number in step.expects.items():
        if name == f"season {number}":
            yield Target(kind=TargetKind.SEASON, id=f"{step.target}:{number}")
