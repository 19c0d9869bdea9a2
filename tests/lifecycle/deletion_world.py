"""Make up libraries for plans: films and series, packs, cross-seeds, two instances of a kind."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldFile,
    HeldItem,
    HeldRecord,
    HeldTitle,
    HeldTorrent,
    HeldWish,
    Holder,
    Holdings,
    Plan,
    Served,
)
from custom_components.media_status.lifecycle.deletion_plan import make_plan
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPTIONS = st.builds(
    DeletionOptions,
    delete_files=st.booleans(),
    delete_torrents=st.booleans(),
    delete_seeding=st.booleans(),
    add_import_exclusion=st.booleans(),
    remove_from_seerr=st.booleans(),
)


@dataclass(frozen=True, kw_only=True)
class World:
    """What a household holds, and what of it shall go."""

    options: DeletionOptions
    targets: tuple[DeletionTarget, ...]
    holders: tuple[Holder, ...]

    def plan(self) -> Plan:
        """Return the plan that deletes it."""
        return make_plan("p", NOON, self.options, self.targets, self.holders)


@dataclass(frozen=True)
class _Show:
    """A series in Sonarr: its episodes, which files hold which, and what is asked for."""

    number: int
    episodes: frozenset[ItemKey]
    files: tuple[HeldFile, ...]
    asked: frozenset[ItemKey]
    is_whole: bool


@st.composite
def _shows(draw: st.DrawFn, number: int) -> _Show:
    count = draw(st.integers(1, 5))
    episodes = [ItemKey(1, one + 1) for one in range(count)]
    files: list[HeldFile] = []
    left = list(episodes)
    while left:
        size = draw(st.integers(1, min(2, len(left))))
        held, left = left[:size], left[size:]
        files.append(
            HeldFile(
                file_id=f"{number}-{len(files)}",
                path=f"/tv/{number}/{held[0].label}.mkv",
                size=draw(st.integers(1, 1000)),
                items=frozenset(held),
            )
        )
    asked = frozenset(draw(st.lists(st.sampled_from(episodes), min_size=1, unique=True)))
    whole = draw(st.booleans())
    return _Show(number, frozenset(episodes), tuple(files), asked, whole)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Return a household with a film, two series, and torrents that bring any of them."""
    shows = [draw(_shows(number)) for number in (1, 2)]
    chosen = draw(st.lists(st.sampled_from([0, 1, 2]), min_size=1, unique=True))  # 0: the film
    torrents, served = draw(_torrents(shows))
    names = frozenset(served)
    film = HeldFile(file_id="f", path="/films/f.mkv", size=7, items=frozenset({MOVIE}))
    radarr = Holdings(
        titles=(_title("r0", "10", ProviderIds(tmdb=10), (film,), names),) if 0 in chosen else (),
        served={key: one for key, found in served.items() if (one := found & _FILMS)},
    )
    sonarr = Holdings(
        titles=tuple(
            _title(
                f"r{one.number}", str(one.number), ProviderIds(tvdb=one.number), one.files, names
            )
            for one in shows
            if one.number in chosen
        ),
        served={key: one for key, found in served.items() if (one := found - _FILMS)},
    )
    targets = tuple(_target(one, shows) for one in sorted(chosen))
    records = tuple(
        HeldRecord(file_id=f"s{number}", path=file.path)
        for number, file in enumerate([film, *shows[0].files, *shows[1].files])
    )
    items = tuple(
        HeldItem(request_id=target.request_id, item_id=f"{target.request_id}{key.label}", item=key)
        for target in targets
        for key in sorted(target.items)
    )
    others = draw(st.booleans())
    wishes = tuple(
        HeldWish(
            request_id=target.request_id,
            media_id=f"m{target.request_id}",
            requests=(target.request_id, *(("other",) if others else ())),
            own=frozenset({target.request_id}),
        )
        for target in targets
    )
    held = {
        Service.QBITTORRENT: Holdings(torrents=torrents),
        Service.RADARR: radarr,
        Service.SONARR: sonarr,
        Service.SHOKO: Holdings(records=records),
        Service.JELLYFIN: Holdings(items=items),
        Service.SEERR: Holdings(wishes=wishes),
    }
    silent = draw(st.sets(st.sampled_from(sorted(held)), max_size=1) | st.just(set[Service]()))
    holders = tuple(
        Holder(
            connection_id=service.value,
            service=service,
            name=service.value,
            holdings=None if service in silent else holdings,
        )
        for service, holdings in held.items()
    )
    return World(options=draw(OPTIONS), targets=targets, holders=holders)


_FILMS = frozenset({Served("10", MOVIE)})


@st.composite
def _torrents(
    draw: st.DrawFn, shows: list[_Show]
) -> tuple[tuple[HeldTorrent, ...], dict[str, frozenset[Served]]]:
    """Return torrents, each bringing anything of any title, some with shared data."""
    everything = [Served("10", MOVIE)] + [
        Served(str(one.number), item) for one in shows for item in sorted(one.episodes)
    ]
    names = [f"{number:040x}" for number in range(draw(st.integers(0, 4)))]
    served: dict[str, frozenset[Served]] = {}
    torrents = []
    for name in names:
        served[name] = frozenset(draw(st.lists(st.sampled_from(everything), unique=True)))
        others = [one for one in [*names, "z" * 40] if one != name]
        torrents.append(
            HeldTorrent(
                torrent_id=name,
                names=frozenset({name}),
                name=name[-2:],
                size=draw(st.integers(1, 1000)),
                is_private=draw(st.sampled_from([None, True, False])),
                has_seeded=draw(st.sampled_from([None, True, False])),
                shares_with=tuple(draw(st.lists(st.sampled_from(others), max_size=2, unique=True))),
            )
        )
    return tuple(torrents), served


def _title(
    request_id: str,
    own_id: str,
    ids: ProviderIds,
    files: tuple[HeldFile, ...],
    downloads: frozenset[str],
) -> HeldTitle:
    return HeldTitle(
        request_id=request_id,
        own_id=own_id,
        ids=ids,
        title=request_id,
        files=files,
        monitored=frozenset().union(*(file.items for file in files)),
        downloads=downloads,
    )


def _target(number: int, shows: list[_Show]) -> DeletionTarget:
    if number == 0:
        return DeletionTarget(
            request_id="r0",
            media_type=MediaType.MOVIE,
            ids=ProviderIds(tmdb=10),
            title="film",
            items=frozenset({MOVIE}),
        )
    show = shows[number - 1]
    return DeletionTarget(
        request_id=f"r{number}",
        media_type=MediaType.SERIES,
        ids=ProviderIds(tvdb=number),
        title=f"show {number}",
        is_anime=True,
        is_whole=show.is_whole,
        items=show.asked,
    )
