"""Get episodes moving that wait in Sonarr."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import override

from ..clients.sonarr import Series, SonarrClient
from ..lifecycle.model import ItemKey
from .arr_downloads import Record
from .arr_retry import ArrRetry, Look, Part, Step, search_step
from .base import WantedTitle


class SonarrRetry(ArrRetry[SonarrClient, Series]):
    """What one Sonarr can do for a series."""

    @override
    async def _parts(self, title: Series, wanted: WantedTitle) -> Sequence[Part]:
        """Return the requested episodes that are monitored and not there."""
        if title.monitored is not True or not wanted.items:
            return ()
        episodes = await self._client.episodes(title.id, include_file=False)
        monitored = Counter(one.season for one in episodes if one.monitored is not False)
        return [
            Part(
                own_id=episode.id,
                item=item,
                stage=known.stage,
                season_size=monitored[episode.season],
            )
            for episode in episodes
            if (known := wanted.items.get(item := ItemKey(episode.season, episode.number)))
            and episode.monitored is True
            and episode.has_file is False
        ]

    @override
    def _own_id(self, record: Record) -> int | None:
        """Return the episode's id."""
        return record.episode_id

    @override
    def _searches(self, title: Series, sought: Sequence[Part]) -> Iterator[Step]:
        """Yield one search for each season that lacks all it shall have, and one for the rest.

        A search by episode takes no season packs, which are all that there is of many seasons.
        """
        single: list[Part] = []
        for season, parts in groupby(sought, key=lambda part: part.item.season):
            found = list(parts)
            if season > 0 and 1 < len(found) == found[0].season_size:
                run = partial(self._client.search_season, title.id, season)
                see = partial(self._client.season_candidates, title.id, season)
                yield search_step(title, found, run, Look(parts=found, run=see))
            else:
                single += found
        if single:
            numbers = [part.own_id for part in single]
            run = partial(self._client.search_episodes, numbers)
            # Each look asks every indexer: one episode stands for the others.
            see = partial(self._client.candidates, numbers[0])
            yield search_step(title, single, run, Look(parts=single[:1], run=see))

    @override
    async def _rescan(self, title: Series) -> None:
        """Have the series' folder looked through."""
        await self._client.rescan(title.id)
