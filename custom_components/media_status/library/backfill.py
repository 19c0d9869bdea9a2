"""Find what requests lack that the library knows. Nothing that is known is ever overwritten."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from ..lifecycle.facts import Origin
from ..lifecycle.fill import Difference, Filling, differences, gaps, provider_names
from ..lifecycle.model import MediaType, ProviderIds, Service, Stage
from ..lifecycle.request import Request
from .index import Group, Library, TitleEntry

_MANAGERS = frozenset({Service.RADARR, Service.SONARR})
# What a finished request may be linked to: the others have nothing in the services any more.
_LINKED = frozenset({Stage.AVAILABLE, Stage.PARTIALLY_AVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the library says about one request."""

    request: Request
    group: Group | None = None
    filling: Filling = field(default_factory=Filling)
    gaps: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


class BackFill:
    """Compare requests with the library."""

    def __init__(
        self,
        library: Library,
        *,
        fits: Callable[[Request, str], bool],
        has_variants: Callable[[Request], bool],
        owned: Collection[tuple[str, str]],
    ) -> None:
        """Initialize.

        `fits` says whether a connection serves a request, `owned` which of Seerr's own numbers
        other requests have already.
        """
        self._library = library
        self._fits = fits
        self._has_variants = has_variants
        self._owned = owned

    def known(self, request: Request) -> Known:
        """Return what the library knows of a request."""
        groups = self._groups(request)
        if not groups:
            return Known(request=request)
        if len(groups) > 1:  # its names lead to different titles: nobody can tell which one it is
            found = tuple(_between(request, groups))
            return Known(request=request, group=groups[0], differences=found)
        group = groups[0]
        filling = self._filling(request, group)
        against = tuple(differences(request, filling))
        if any(one.name in provider_names(request.media_type) for one in against):
            return Known(request=request, group=group, differences=against)
        return Known(
            request=request,
            group=group,
            filling=filling,
            gaps=tuple(gaps(request, filling)),
            differences=against,
        )

    def _groups(self, request: Request) -> list[Group]:
        """Return the titles that a request's names lead to."""
        found: dict[int, Group] = {}
        for provider, number in request.ids.pairs():
            if provider in provider_names(request.media_type):
                group = self._library.by_id.get((request.media_type, provider, number))
                if group is not None:
                    found[id(group)] = group
        if found:
            return list(found.values())
        for key, own_id in request.service_ids.items():
            group = self._library.by_own.get((key, request.media_type, own_id))
            # Seerr's numbers are those of requests, not of titles.
            if group is not None and any(
                entry.source.connection_id == key and entry.source.service is not Service.SEERR
                for entry in group.entries
            ):
                found[id(group)] = group
        return list(found.values())

    def _filling(self, request: Request, group: Group) -> Filling:
        ids = group.joined.ids
        if request.media_type is MediaType.MOVIE:
            ids = ProviderIds(tmdb=ids.tmdb, imdb=ids.imdb)
        return Filling(
            ids=ids,
            title=group.title,
            year=group.year,
            service_ids=dict(self._service_ids(request, group)),
        )

    def _service_ids(self, request: Request, group: Group) -> Iterable[tuple[str, str]]:
        """Yield the own ids of a request's title in the connections that have exactly one."""
        if not request.is_open and request.stage not in _LINKED:
            return
        by_connection: dict[str, list[TitleEntry]] = {}
        for entry in group.entries:
            if not entry.is_unclear:
                by_connection.setdefault(entry.source.connection_id, []).append(entry)
        for key, entries in by_connection.items():
            match entries[0].source.service:
                case Service.SEERR:
                    found = self._seerr(request, key, entries)
                case Service.JELLYFIN:
                    found = self._jellyfin(request, group, entries)
                case service if service not in _MANAGERS or self._fits(request, key):
                    found = {entry.source.own_id for entry in entries}
                case _:
                    continue
            if len(found) == 1:
                yield key, found.pop()

    def _seerr(self, request: Request, key: str, entries: Iterable[TitleEntry]) -> set[str]:
        """Return Seerr's number of the request, if only this request can be meant."""
        if request.origin is not Origin.SEERR or key in request.service_ids:
            return set()
        name = "requests_4k" if request.is_4k else "requests"
        listed = {
            number
            for entry in entries
            for number in entry.details.get(name, "").split(",")
            if number
        }
        return listed if not any((key, number) in self._owned for number in listed) else set()

    def _jellyfin(self, request: Request, group: Group, entries: Iterable[TitleEntry]) -> set[str]:
        """Return the items that can be played, of exactly this copy where there may be another."""
        there = [entry for entry in entries if entry.is_there]
        if self._has_variants(request):
            files = {
                entry.file
                for entry in group.entries
                if entry.source.service in _MANAGERS
                and entry.file
                and self._fits(request, entry.source.connection_id)
            }
            there = [entry for entry in there if entry.file in files]
        return {entry.source.own_id for entry in there}


def _between(request: Request, groups: Iterable[Group]) -> Iterable[Difference]:
    """Yield which names of a request lead to another title than the others."""
    for group in groups:
        for provider in provider_names(request.media_type):
            known, found = getattr(request.ids, provider), getattr(group.joined.ids, provider)
            if known and found and known != found:
                yield Difference(name=provider, known=str(known), found=str(found))
