"""Make up single homes for plans: a film or a series, and who has what of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldFile,
    HeldTitle,
    HeldTorrent,
    Holder,
    Holdings,
    Plan,
    Remark,
    Served,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_plan import make_plan
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
)

from .deletion_world import NOON

E1, E2, E3 = (ItemKey(1, number) for number in (1, 2, 3))
FILM = DeletionTarget(
    request_id="film",
    media_type=MediaType.MOVIE,
    ids=ProviderIds(tmdb=10, imdb="tt10"),
    title="Dune",
    items=frozenset({MOVIE}),
)
SHOW = DeletionTarget(
    request_id="show",
    media_type=MediaType.SERIES,
    ids=ProviderIds(tvdb=300),
    title="Severance",
    items=frozenset({E1, E2, E3}),
)
PART = replace(SHOW, is_whole=False, items=frozenset({E1}))  # its first episode only
FILM_FILE = HeldFile(file_id="f1", path="/films/Dune/Dune.mkv", size=70, items=frozenset({MOVIE}))
HELD_FILM = HeldTitle(
    request_id="film",
    own_id="7",
    ids=FILM.ids,
    title="Dune (2021)",
    path="/films/Dune",
    root="/films",
    is_alone=True,
    files=(FILM_FILE,),
    monitored=frozenset({MOVIE}),
)
TORRENT = HeldTorrent(
    torrent_id="t1", names=frozenset({"aa", "bb"}), name="Dune.2021", size=70, is_private=False
)


def file(number: int, *items: ItemKey) -> HeldFile:
    """Return a file of the series."""
    return HeldFile(
        file_id=f"e{number}",
        path=f"/tv/Severance/{number}.mkv",
        size=10 * number,
        items=frozenset(items),
    )


def show(*files: HeldFile, monitored: Iterable[ItemKey] = ()) -> HeldTitle:
    """Return the series as Sonarr has it."""
    return HeldTitle(
        request_id="show",
        own_id="9",
        ids=SHOW.ids,
        title="Severance (2022)",
        path="/tv/Severance",
        root="/tv",
        files=files,
        monitored=frozenset(monitored),
        item_ids={item: str(100 + item.number) for item in (E1, E2, E3)},
    )


SINGLE = (file(1, E1), file(2, E2), file(3, E3))  # a file for each episode


def holder(service: Service, holdings: Holdings | None, name: str = "") -> Holder:
    """Return a connection with what it holds, called like its service if nothing else."""
    return Holder(
        connection_id=name or service.value,
        service=service,
        name=(name or service.value).title(),
        holdings=holdings,
    )


def radarr(*titles: HeldTitle, name: str = "", is_4k: bool | None = None) -> Holder:
    """Return a Radarr with its films; by default with the one there is."""
    held = Holdings(titles=titles)
    return replace(holder(Service.RADARR, held, name), is_4k=is_4k)


def sonarr(*titles: HeldTitle, served: dict[str, set[ItemKey]] | None = None) -> Holder:
    """Return a Sonarr with its series, and what downloads brought of the one there is."""
    brought = {
        name: frozenset(Served("9", item) for item in items)
        for name, items in (served or {}).items()
    }
    return holder(Service.SONARR, Holdings(titles=titles, served=brought))


def planned(
    targets: DeletionTarget | Sequence[DeletionTarget],
    *holders: Holder,
    options: DeletionOptions | None = None,
) -> Plan:
    """Return the plan that deletes targets from what is held."""
    all_of_them = (targets,) if isinstance(targets, DeletionTarget) else targets
    return make_plan("plan", NOON, options or DeletionOptions(), all_of_them, holders)


def steps(plan: Plan, *verbs: Verb) -> list[Step]:
    """Return all steps of some kinds, those that are left too."""
    return [step for step in plan.steps if step.verb in verbs]


def remarks(found: Iterable[Remark]) -> list[tuple[str, dict[str, str | int]]]:
    """Return the codes of remarks with their values."""
    return [(remark.code, dict(remark.values)) for remark in found]


FILES_STAY = DeletionOptions(delete_files=False)
