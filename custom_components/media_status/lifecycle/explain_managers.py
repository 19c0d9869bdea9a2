"""Say why Radarr or Sonarr has nothing yet: what it searched for, and what it complains about."""

from dataclasses import dataclass
from datetime import timedelta

from .evidence import Evidence
from .facts import Ask, Fact, Health, Search, Sought, Title, Wanted
from .found import Found
from .model import Service, Stage, Subject
from .request import Explanation
from .troubles import Ailment, Complaint


@dataclass(frozen=True, slots=True)
class _Cause:
    """What an ailment is called, which field of the sentence its detail fills, and whom it needs.

    At other stages than these it may be as it is.
    """

    code: str
    stages: frozenset[Stage]
    needs_person: bool = True
    detail: str | None = None


# A manager's clock may be that much ahead; what is further away is no time.
_AHEAD = timedelta(hours=1)
_SEARCH = frozenset({Stage.SEARCHING})
_FETCH = frozenset({Stage.SEARCHING, Stage.GRABBING})
_ALL = _FETCH | {Stage.DOWNLOADED, Stage.IMPORTING}
# The first that applies explains it: what nothing but a person ends comes first.
_CAUSES = {
    Ailment.PROFILE_MISSING: _Cause("profile_missing", _SEARCH),
    Ailment.FOLDER_MISSING: _Cause("folder_missing", _ALL, detail="path"),
    Ailment.NO_CLIENT: _Cause("no_client", _FETCH),
    Ailment.NO_INDEXER: _Cause("no_indexer", _SEARCH),
    Ailment.CLIENTS_DOWN: _Cause("client_unavailable", _FETCH, needs_person=False),
    Ailment.INDEXERS_DOWN: _Cause("indexers_down", _SEARCH, needs_person=False),
}


def ailing(evidence: Evidence, stage: Stage) -> Explanation | None:
    """Return what of a manager's complaints keeps a request at its stage."""
    for ailment, cause in _CAUSES.items():
        said = complaint(evidence, ailment) if stage in cause.stages else None
        if said is None:
            continue
        fact, found = said
        return Explanation(
            code=cause.code,
            values={cause.detail: found.detail} if cause.detail and found.detail else {},
            service=fact.service,
            since=fact.since,
            needs_person=cause.needs_person,
        )
    return None


def complaint(
    evidence: Evidence, ailment: Ailment, connection_id: str | None = None
) -> tuple[Fact, Complaint] | None:
    """Return who complains of an ailment, of all managers or of one."""
    for fact, health in evidence.facts(Health, Subject()):
        if connection_id in {None, fact.connection_id}:
            for found in health.complaints:
                if found.ailment is ailment:
                    return fact, found
    return None


def searching(evidence: Evidence, found: Found, manager: Service) -> Explanation:
    """Return that nothing was taken yet: when it was searched for last, and what there was."""
    subjects = found.subjects(Stage.SEARCHING)
    looks = [entry for subject in subjects for entry in evidence.facts(Search, subject)]
    if looks:
        fact, search = max(looks, key=lambda entry: entry[0].seen_at)
        if search.rejected >= search.found:
            return _fruitless(fact, search)
    times = [sought.at for subject in subjects for sought in evidence.about(Sought, subject)]
    past = [time for time in times if time <= found.now + _AHEAD]
    return Explanation(code="searching", service=manager, at=max(past, default=None))


def _fruitless(fact: Fact, search: Search) -> Explanation:
    """Return that a look at the indexers found nothing that is wanted."""
    if not search.found:
        return Explanation(code="no_releases", service=fact.service, at=fact.seen_at)
    values: dict[str, str | int] = {"found": search.found}
    if search.reason:
        values |= {"reason": search.reason, "count": search.count}
    return Explanation(
        code="all_rejected",
        values=values,
        service=fact.service,
        at=fact.seen_at,
        needs_person=True,
    )


def approved(evidence: Evidence, found: Found, manager: Service) -> Explanation:
    """Return why nobody looks for what was approved."""
    values: dict[str, str | int] = {"service": manager.value}
    if not found.ground.is_managed:
        code = "not_in_manager" if evidence.about(Title) else "approved"
        if code == "not_in_manager" and any(ask.is_stranded for ask in evidence.about(Ask)):
            code = "not_passed_on"
        return Explanation(code=code, values=values, service=manager)
    if not _is_unwanted(evidence, found):
        return Explanation(code="approved", values=values, service=manager)
    return Explanation(code="not_monitored", values=values, service=manager, needs_person=True)


def _is_unwanted(evidence: Evidence, found: Found) -> bool:
    """Return whether the manager said that it does not look; a fresh title is merely unread."""
    if any(title.present and not title.monitored for title in evidence.about(Title)):
        return True
    return any(evidence.about(Wanted, Subject(item=item)) for item in found.items)


def unreleased(found: Found, manager: Service) -> Explanation:
    """Return since when it can be had, where a date is known."""
    dates = [view.release_at for view in found.items.values() if view.release_at]
    values: dict[str, str | int] = {"date": min(dates).date().isoformat()} if dates else {}
    return Explanation(code="unreleased", values=values, service=manager)


def failed(evidence: Evidence, found: Found, manager: Service) -> Explanation:
    """Return what failed: the last download, else the request itself."""
    views = [view.download for view in found.items.values() if view.download is not None]
    if views:
        newest = max(views, key=lambda view: (str(view.failed_at), view.key))
        values: dict[str, str | int] = {"reason": newest.message} if newest.message else {}
        return Explanation(code="failed_download", values=values, service=manager)
    message = next((ask.message for ask in evidence.about(Ask) if ask.message), None)
    return Explanation(
        code="failed_request",
        values={"reason": message} if message else {},
        service=Service.SEERR,
        needs_person=True,
    )
