"""Permits for tests: what the deletion runner would give."""

from custom_components.media_status.clients.base import BaseClient
from custom_components.media_status.clients.guard import Permit, Removals, Target, TargetKind

INSTANCE = "instance-1"


def opened[T: BaseClient](client: T, removals: Removals = Removals.ON) -> T:
    """Return a client that belongs to the instance, with removals on."""
    client.instance = INSTANCE
    client.removals = removals
    return client


def permit_for(
    kind: TargetKind,
    *ids: object,
    files: bool = True,
    dry_run: bool = False,
    instance: str = INSTANCE,
) -> Permit:
    """Return a permit for things of one kind."""
    return Permit(
        step_id="step-1",
        instance=instance,
        targets=frozenset(Target(kind=kind, id=str(name)) for name in ids),
        files=files,
        dry_run=dry_run,
    )
