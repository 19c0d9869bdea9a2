"""Choose what somebody wants to be deleted, and say in the twin's words what that is."""

from collections.abc import Iterable, Iterator, Sequence

from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.lifecycle.deletion import DeletionOptions
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Stage
from custom_components.media_status.lifecycle.request import Request
from simulator import Simulator, Title
from simulator.radarr import Radarr
from simulator.sonarr import Sonarr

from ..convergence.dice import Dice
from .estate import Arr
from .orders import Want


class Wanting:
    """Somebody who wants to get rid of things."""

    def __init__(self, sim: Simulator, dice: Dice) -> None:
        """Look at a household."""
        self._sim = sim
        self._dice = dice

    def wishes(self, requests: Iterable[Request]) -> list[Wish]:
        """Return one or several requests, whole or in part; none when nothing is there."""
        dice = self._dice
        there = sorted(
            (one for one in requests if one.stage is not Stage.DELETED),
            key=lambda one: (one.media_type, one.name, one.is_4k, sorted(one.items)),
        )
        if not there:
            return []
        chosen = [dice.one(there)]
        if dice.chance(30):
            chosen += [one for one in there if one not in chosen and dice.chance(30)][:3]
        return [self._wish(request) for request in chosen]

    def _wish(self, request: Request) -> Wish:
        dice, items = self._dice, sorted(request.items)
        if request.media_type is MediaType.MOVIE or not items or dice.chance(55):
            return Wish(request_id=request.id)
        if dice.chance(40):
            season = dice.one(sorted({item.season for item in items}))
            return Wish(
                request_id=request.id,
                items=frozenset(item for item in items if item.season == season),
            )
        return Wish(request_id=request.id, items=frozenset(dice.some(items)))

    def options(self) -> DeletionOptions:
        """Return what shall go along."""
        dice = self._dice
        return DeletionOptions(
            delete_files=not dice.chance(15),
            delete_torrents=not dice.chance(20),
            delete_seeding=dice.chance(25),
            add_import_exclusion=dice.chance(30),
            remove_from_seerr=not dice.chance(20),
        )

    # -- in the twin's words -------------------------------------------------------------------

    def want(self, wish: Wish, request: Request) -> Want:
        """Return what a wish is about: by who asked for it, and where that was handed to."""
        title = self._title(request)
        rows = {
            int(own)
            for key, own in request.service_ids.items()
            if key == "seerr" and int(own) in self._sim.seerr.requests
        }
        asked = [self._sim.seerr.requests[number] for number in sorted(rows)]
        is_4k = asked[0].is_4k if asked else request.is_4k
        instances = [arr.name for arr in self._of_kind(title) if arr.is_4k is is_4k]
        items = request.items if title.kind == "tv" else {MOVIE}
        if asked and title.kind == "tv":
            seasons = {number for row in asked for number in row.season_numbers}
            items = {
                ItemKey(one.season, one.number) for one in title.episodes if one.season in seasons
            }
        if wish.items is not None:
            items = set(wish.items) & set(items)
        return Want(
            request_id=request.id,
            title=title,
            arrs=frozenset(instances),
            items=frozenset(items),
            is_whole=wish.items is None,
            seerr=frozenset(rows),
        )

    def _title(self, request: Request) -> Title:
        kind = "movie" if request.media_type is MediaType.MOVIE else "tv"
        title = self._sim.world.title(kind, request.ids.tmdb or -1)
        if title is None:  # Sonarr alone knows it, by TVDB's number
            title = next(
                one
                for one in self._sim.world.titles.values()
                if one.kind == kind and one.tvdb == request.ids.tvdb
            )
        return title

    def _of_kind(self, title: Title) -> Sequence[Arr]:
        if title.kind == "movie":
            return self._sim.all_of(Radarr)
        return self._sim.all_of(Sonarr)

    def known(self, requests: Iterable[Request]) -> Iterator[Want]:
        """Yield all that people asked for and have not given up."""
        for request in requests:
            if request.stage is not Stage.DELETED:
                yield self.want(Wish(request_id=request.id), request)
