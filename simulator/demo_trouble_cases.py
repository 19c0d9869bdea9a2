"""What gets stuck in the demonstration: the story, and what Home Assistant must say of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from .model import Title
from .scenario import Story
from .server import Simulator
from .trouble_stories import NO_MAPPING, NOT_A_SAMPLE, TroubleStories

_LATE = "This takes longer than it should."


class Fix(StrEnum):
    """What heals a title."""

    REPAIR = "repair"  # the flow of its repair
    RETRY = "retry"  # the action
    PERSON = "person"  # something that somebody does in a service


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One title that gets stuck, and what must be shown.

    `public` is the sentence as everybody may read it, without paths. `tells` is what the repair or
    the action says that it did; `by_hand` is what a person does in a service, before that or
    instead of it.
    """

    title: str
    story: Story
    stage: str
    reason: str
    sentence: str
    public: str | None = None
    advice: str
    issue: str = "request_stuck"
    fix: Fix = Fix.PERSON
    by_hand: str = ""
    tells: tuple[str, ...] = ()

    @property
    def remedy(self) -> str:
        """Return in a few words what heals it."""
        own = "" if self.fix is Fix.PERSON else self.fix.value
        return ", then ".join(filter(None, (self.by_hand, own)))


class Cases:
    """Make the cases of one household."""

    def __init__(self, simulator: Simulator) -> None:
        """Begin with titles that nobody knows yet."""
        self._sim = simulator
        self._stories = TroubleStories(simulator)
        self._number = 9_500_000

    def __iter__(self) -> Iterator[Case]:
        """Yield the cases, in the order of the stages."""
        yield self._never_handed_over()
        yield self._not_monitored()
        yield self._unreachable_client()
        yield from self._interrupted()
        yield self._overlooked()
        yield self._blocked()
        yield self._path_not_visible()
        yield self._unknown_to_shoko()
        yield self._unseen()

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _film(self, title: str) -> Title:
        return self._sim.world.add_title_movie(title=title, year=2021, tmdb=self._next())

    def _series(self, title: str) -> Title:
        number = self._next()
        return self._sim.world.add_title_series(
            title=title, year=2020, tmdb=number, tvdb=number + 100_000, seasons={1: 3}
        )

    def _never_handed_over(self) -> Case:
        series = self._series("The Lost Letter")
        return Case(
            title=series.title,
            story=self._stories.never_handed_over(series),
            stage="failed",
            reason="failed_request",
            sentence="The request could not be passed on.",
            advice="Put right what Seerr says, then try again.",
            issue="request_stuck_retry",
            fix=Fix.REPAIR,
            tells=("Let Seerr send The Lost Letter to Radarr or Sonarr again.",),
        )

    def _not_monitored(self) -> Case:
        film = self._film("Quiet Harbour")
        return Case(
            title=film.title,
            story=self._stories.not_monitored(film),
            stage="approved",
            reason="not_monitored",
            sentence="Radarr has it, but is not looking for it.",
            advice="Turn on monitoring for it in Radarr.",
            by_hand="monitor it in Radarr",
        )

    def _unreachable_client(self) -> Case:
        film = self._film("Broken Bridge")
        return Case(
            title=film.title,
            story=self._stories.unreachable_client(film),
            stage="grabbing",
            reason="client_unavailable",
            sentence=f"qBittorrent cannot be reached, so the download cannot start. {_LATE}",
            advice="Start the download client, or correct its settings in Radarr.",
            by_hand="mend the client in Radarr",
        )

    def _interrupted(self) -> Iterator[Case]:
        film = self._film("The Last Sharer")
        yield Case(
            title=film.title,
            story=self._stories.no_sources(film),
            stage="downloading",
            reason="stalled",
            sentence=(
                f"The download is waiting for others to share it (0 sources connected). {_LATE}"
            ),
            advice=(
                "Wait for others to share it, or try again: after some hours that takes another"
                " release."
            ),
            issue="request_stuck_retry",
            by_hand="somebody shares it again",
        )
        film = self._film("Hollow House")
        yield Case(
            title=film.title,
            story=self._stories.missing_files(film),
            stage="downloading",
            reason="missing_files",
            sentence="The files of the download are missing.",
            advice="Put the files of the download back, or remove it there and try again.",
            by_hand="put the files back",
        )
        film = self._film("Full Cellar")
        yield Case(
            title=film.title,
            story=self._stories.full_disk(film),
            stage="downloading",
            reason="disk_full",
            sentence="The download stopped, because the disk of the download client is full.",
            advice="Make room on the disk of the download client, then resume the download.",
            by_hand="make room, resume it",
        )

    def _overlooked(self) -> Case:
        series = self._series("Forgotten Parcel")
        return Case(
            title=series.title,
            story=self._stories.overlooked(series),
            stage="downloaded",
            reason="downloaded_waiting_import",
            sentence=f"Downloaded and waiting to be sorted in. {_LATE}",
            advice="Look at the queue in Sonarr, or try again.",
            issue="request_stuck_retry",
            fix=Fix.RETRY,
            tells=(
                "Let Sonarr check the downloads of Forgotten Parcel now.",
                "Let Sonarr look for new files of Forgotten Parcel.",
            ),
        )

    def _blocked(self) -> Case:
        film = self._film("Locked Gate")
        return Case(
            title=film.title,
            story=self._stories.blocked(film),
            stage="importing",
            reason="import_blocked",
            sentence=f"Downloaded, but it could not be sorted in: {NOT_A_SAMPLE}",
            advice="Open the queue in Radarr and do what it asks for, then try again.",
            issue="request_stuck_retry",
            fix=Fix.REPAIR,
            by_hand="mend the file",
            tells=("Let Radarr check the downloads of Locked Gate now.",),
        )

    def _path_not_visible(self) -> Case:
        film = self._film("Wrong Address")
        sentence = "Downloaded, but Radarr does not see the folder of the download client: {}"
        return Case(
            title=film.title,
            story=self._stories.path_not_visible(film),
            stage="importing",
            reason="path_not_visible",
            sentence=sentence.format(NO_MAPPING),
            public=sentence.format(NO_MAPPING.replace("/downloads", "…")),
            advice=(
                "Give Radarr the same folder as the download client, or add a remote path mapping"
                " in Radarr."
            ),
            issue="request_stuck_retry",
            fix=Fix.REPAIR,
            by_hand="map the folder",
            tells=("Let Radarr check the downloads of Wrong Address now.",),
        )

    def _unknown_to_shoko(self) -> Case:
        film = self._sim.world.add_anime_film(title="A Fox in Fog", year=2019, tmdb=self._next())
        file = "A Fox in Fog (2019) [WEBDL-1080p]-FLUX.mkv"
        return Case(
            title=film.title,
            story=self._stories.unknown_to_shoko(film),
            stage="anime_matching",
            reason="shoko_unmatched",
            sentence=f"Shoko cannot tell what {file} is. Files to link by hand: 1.",
            advice="Link the file in Shoko on the page of unrecognized files.",
            issue="shoko_unmatched",
            by_hand="link it in Shoko",
        )

    def _unseen(self) -> Case:
        film = self._film("Invisible Garden")
        return Case(
            title=film.title,
            story=self._stories.unseen(film),
            stage="syncing_library",
            reason="waiting_library",
            sentence=f"The files are there; Jellyfin has yet to find them. {_LATE}",
            advice="Check that Jellyfin sees the folder of the file, or try again.",
            issue="request_stuck_retry",
            fix=Fix.REPAIR,
            tells=("Let Jellyfin scan Movies.",),
        )
