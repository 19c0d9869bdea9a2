"""Say why an anime is not there yet: what Shoko does, and what keeps it out of Jellyfin."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from .evidence import Evidence
from .facts import Match, MatchPhase, Obstacle, Playable
from .model import ItemKey, Service, Stage, Subject
from .request import Explanation
from .stages import ItemView, matches
from .troubles import Hindrance

type Views = Mapping[ItemKey, ItemView]

# What is further from its end explains more.
_ORDER = (MatchPhase.BANNED, MatchPhase.UNSEEN, MatchPhase.HASHING, MatchPhase.WAITING)
_CODES = {
    MatchPhase.BANNED: "anidb_banned",
    MatchPhase.UNSEEN: "shoko_unseen",
    MatchPhase.HASHING: "shoko_hashing",
    MatchPhase.WAITING: "shoko_waiting",
}
_HINDERED = {
    Hindrance.SIGNALR_OFF: "shokofin_signalr_off",
    Hindrance.UNMAPPED: "shokofin_unmapped",
    Hindrance.FILTERED: "shokofin_filtered",
}


def unmatched(evidence: Evidence, views: Views) -> Explanation | None:
    """Return that a person must link files which AniDB does not know."""
    found = {
        match.file_id or match.name or item.label: (item, since, match)
        for item, since, match in _waiting(evidence, views)
        if match.phase is MatchPhase.UNMATCHED
    }
    if not found:
        return None
    item, _, match = min(found.values(), key=lambda entry: entry[0])
    return Explanation(
        code="shoko_unmatched",
        values={"count": len(found), "file": match.name or item.label},
        service=Service.SHOKO,
        since=min(since for _, since, _ in found.values()),
        needs_person=True,
    )


def matching(evidence: Evidence, views: Views) -> Explanation:
    """Return what Shoko does with files that it has not matched yet."""
    waiting = list(_waiting(evidence, views))
    for phase in _ORDER:
        since = [at for _, at, match in waiting if match.phase is phase]
        if since:
            return Explanation(code=_CODES[phase], service=Service.SHOKO, since=min(since))
    return Explanation(code="shoko_waiting", service=Service.SHOKO)


def hindered(evidence: Evidence, views: Views) -> Explanation | None:
    """Return what keeps files out of Jellyfin, or what looks like them there and proves nothing."""
    for item, view in sorted(views.items()):
        if view.stage is not Stage.SYNCING_LIBRARY:
            continue
        for fact, playable in evidence.facts(Playable, Subject(item=item)):
            if playable.guess:
                return Explanation(
                    code="title_guess",
                    values={"name": playable.guess},
                    service=Service.JELLYFIN,
                    since=fact.since,
                    needs_person=True,
                )
    for fact, obstacle in evidence.facts(Obstacle, Subject()):
        if obstacle.hindrance is not None:
            return Explanation(
                code=_HINDERED[obstacle.hindrance],
                service=fact.service,
                since=fact.since,
                needs_person=obstacle.hindrance is not Hindrance.SIGNALR_OFF,
            )
    return None


def _waiting(evidence: Evidence, views: Views) -> Iterator[tuple[ItemKey, datetime, Match]]:
    """Yield what Shoko says about the items that wait for it."""
    for item, view in sorted(views.items()):
        if view.stage is Stage.ANIME_MATCHING:
            for fact, match in matches(evidence, Subject(item=item)):
                yield item, fact.since, match
