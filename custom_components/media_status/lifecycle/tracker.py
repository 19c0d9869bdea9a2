"""Track open requests: observations in, changes out. No I/O and no clock; time is an argument."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .absence import absences, is_let_go, is_missing, is_of_former_life, is_void, own_ids
from .absorb import Touched, absorb, is_superseded
from .derive import derive
from .ended import Ended, remains
from .ending import is_given_up, is_over, may_come_back
from .explain import Setup
from .facts import Decision, FactKey, FactKind, Observation, Opening, Origin, Statement, Verdict
from .fill import Filling, fill
from .identity import Index
from .model import MOVIE, MediaType, Service, Stage, TitleRef, Via
from .request import Changes, Request
from .steps import steps
from .timeline import entries
from .wish import adopt, ask, is_same, widen


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerOptions:
    """What the household chose.

    `variants` says which managers serve only 4K requests (True) or only the others (False).
    """

    variants: Mapping[str, bool | None] = field(default_factory=dict)
    setup: Setup = field(default_factory=Setup)
    track_manual: bool = True


class Tracker:
    """Hold every open request and keep it true to its facts."""

    def __init__(self, *, new_id: Callable[[], str], options: TrackerOptions | None = None) -> None:
        """Initialize; `new_id` makes ids of requests that are unique for ever."""
        self.requests: dict[str, Request] = {}
        self.options = options or TrackerOptions()
        self._new_id = new_id
        self._index = Index()
        self._closed: set[tuple[str, str]] = set()
        self._ended = Ended()
        self._recheck: dict[str, datetime] = {}

    def restore(
        self,
        requests: Iterable[Request],
        closed: Iterable[tuple[str, str]],
        now: datetime,
        recent: Iterable[Request] = (),
        connections: Collection[str] | None = None,
        forgotten: Iterable[Request] = (),
    ) -> None:
        """Take over what the journal remembers: open requests, and what has ended.

        `closed` are Seerr's ids of ended requests, `recent` those that ended last, in order;
        `forgotten` is what `forget` returned. Of `connections` that no longer exist nothing is
        believed.
        """
        self._closed.update(closed)
        for left in forgotten:
            self._keep_out(left)
        for request in recent:
            self._ended.add(request)
        for request in requests:
            if connections is not None:
                request.keep_only({*connections, Service.HOME_ASSISTANT.value})
            for fact in request.facts.values():
                request.learn_file(fact)
            self.requests[request.id] = request
            self._index.add(request)
            stored = request.status
            self._derive(request, now)
            is_changed = (request.stage, request.status.stuck) != (stored.stage, stored.stuck)
            if is_changed or is_over(request):
                # Time went on without us: the next tick tells it.
                request.status = stored
                self._recheck[request.id] = now

    def observe(self, observations: Iterable[Observation], now: datetime) -> Changes:
        """Correlate and merge what was seen, and return what it changed."""
        touched: dict[str, Touched] = {}
        for observation in observations:
            self._apply(observation, touched, now)
        return self._settle(touched, now)

    def survey(
        self,
        connection_id: str,
        service: Service,
        started_at: datetime,
        observations: Iterable[Observation],
        complete: Collection[FactKind],
        now: datetime,
    ) -> Changes:
        """Take in a healthy survey at once; see `survey_steps`."""
        steps = self.survey_steps(connection_id, service, started_at, observations, complete, now)
        return [change for changes in steps for change in changes]

    def survey_steps(
        self,
        connection_id: str,
        service: Service,
        started_at: datetime,
        observations: Iterable[Observation],
        complete: Collection[FactKind],
        now: datetime,
    ) -> Iterator[Changes]:
        """Take in a healthy survey: the truth, before which pushed facts of the connection yield.

        Of the kinds in `complete`, what the survey does not mention is absent. Yields after small
        steps, so that a caller can let others run; pushes may come in between.
        """
        stated: dict[str, set[FactKey]] = {}
        before = own_ids(self.requests.values(), connection_id)
        source = Observation(
            connection_id=connection_id, service=service, via=Via.SURVEY, seen_at=started_at
        )
        for chunk in steps(observations, _statements):
            touched: dict[str, Touched] = {}
            for observation in chunk:
                self._apply(observation, touched, now)
            for request_id, collected in touched.items():
                stated.setdefault(request_id, set()).update(collected.stated)
            yield self._settle(touched, now)
        for requests in steps(list(self.requests.values()), _facts):
            touched = {}
            for request in requests:
                if request.is_open:
                    mine = stated.get(request.id, set())
                    absent = tuple(absences(request, connection_id, complete, mine))
                    if absent:
                        seen = replace(source, statements=absent, request_id=request.id)
                        self._apply(seen, touched, now)
                    own_id = before.get(request.id)
                    self._supersede(request, source, complete, mine, touched, own_id=own_id)
            yield self._settle(touched, now)

    def tick(self, now: datetime) -> Changes:
        """Derive anew what time alone may have changed."""
        due = [request_id for request_id, at in self._recheck.items() if at <= now]
        touched = {key: Touched.of(self.requests[key]) for key in due}
        for found in touched.values():
            found.is_stale = True
        return self._settle(touched, now)

    def reconsider(self, options: TrackerOptions, now: datetime) -> Iterator[Changes]:
        """Derive all requests anew under other options, e.g. when a connection went down."""
        self.options = options
        for requests in steps(list(self.requests.values()), _facts):
            touched = {request.id: Touched.of(request) for request in requests if request.is_open}
            for found in touched.values():
                found.is_stale = True
            yield self._settle(touched, now)

    def decide(
        self, request_id: str, verdict: Verdict, reason: str | None, now: datetime
    ) -> Changes:
        """Record a person's decision about an open request; raise KeyError for unknown ones."""
        request = self.requests[request_id]
        decision = Statement(value=Decision(verdict=verdict, reason=reason))
        seen = Observation(
            connection_id=Service.HOME_ASSISTANT.value,
            service=Service.HOME_ASSISTANT,
            via=Via.USER,
            seen_at=now,
            statements=(decision,),
            request_id=request.id,
        )
        return self.observe((seen,), now)

    def set_anime(self, request_id: str, is_anime: bool | None, now: datetime) -> Changes:
        """Override whether a request is anime (None: as the services say); KeyError if unknown."""
        touched = Touched.of(self.requests[request_id])
        touched.change.request.anime_override = is_anime
        touched.change.is_stored = touched.change.visible = touched.is_stale = True
        return self._settle({request_id: touched}, now)

    def fill(self, request_id: str, filling: Filling, now: datetime) -> Changes:
        """Fill what is missing of an open request's names; raise KeyError for unknown ones."""
        touched = Touched.of(request := self.requests[request_id])
        touched.change.is_stored = touched.change.visible = bool(fill(request, filling))
        self._index.add(request)
        return self._settle({request_id: touched}, now)

    def forget(self, request: Request, now: datetime) -> Request:
        """Let go of a request, open or ended; return what keeps it from being opened anew.

        Seerr goes on to list it, and the managers may still fetch it.
        """
        left = remains(request)
        self._discard(request.id)
        request.ended_at = request.ended_at or now  # for whoever still holds it
        self._keep_out(left)
        return left

    def fits(self, request: Request, connection_id: str) -> bool:
        """Return whether a connection's word concerns a request (4K and HD live side by side)."""
        variant = self.options.variants.get(connection_id)
        return variant is None or variant is request.is_4k

    def _apply(self, observation: Observation, touched: dict[str, Touched], now: datetime) -> None:
        match = self._index.find(observation)
        found = [self.requests[request_id] for request_id in match.request_ids]
        found = [request for request in found if self.fits(request, observation.connection_id)]
        found = [request for request in found if not is_of_former_life(request, observation)]
        if match.is_guess and found:
            found = [max(found, key=lambda request: (request.opened_at, request.id))]
        if observation.opening is not None and observation.title is not None:
            found = self._opened(
                observation, observation.title, observation.opening, found, touched, now
            )
        for request in found:
            collected = touched.setdefault(request.id, Touched.of(request))
            if match.is_guess and not request.is_guess:
                request.is_guess = collected.change.is_stored = True
            absorb(collected, observation)
            self._index.add(request)

    def _opened(
        self,
        observation: Observation,
        title: TitleRef,
        opening: Opening,
        found: list[Request],
        touched: dict[str, Touched],
        now: datetime,
    ) -> list[Request]:
        """Return the requests an opening concerns: found, adopted, widened, or new."""
        if opening.origin is Origin.SEERR:
            for request in found:
                collected = touched.setdefault(request.id, Touched.of(request))
                ask(collected, opening, now, is_listed=observation.via is Via.SURVEY)
            if found or (observation.connection_id, title.service_id or "") in self._closed:
                return found
            for request in map(self.requests.__getitem__, self._index.by_title(title)):
                if is_same(request, opening):
                    adopt(touched.setdefault(request.id, Touched.of(request)), opening, now)
                    return [request]
            return [self._open(title, opening, touched, now)]
        if any(request.wants(item) for request in found for item in opening.items):
            return found
        for request in found:
            if request.limited_to_items and request.origin is opening.origin:
                widen(touched.setdefault(request.id, Touched.of(request)), opening)
                return [request]
        if not self.options.track_manual or self._ended.covers(
            title, opening, observation.connection_id
        ):
            return found
        return [*found, self._open(title, opening, touched, now)]

    def _open(
        self, title: TitleRef, opening: Opening, touched: dict[str, Touched], now: datetime
    ) -> Request:
        """Open a request; its names are filled in as those of every request are."""
        request = Request(
            id=self._new_id(),
            media_type=title.media_type,
            origin=opening.origin,
            created_at=opening.created_at,
            opened_at=now,
            requested_by=opening.requested_by,
            is_4k=opening.is_4k,
            seasons=opening.seasons,
            items=set(opening.items),
            limited_to_items=bool(opening.items),
            widened_at=now,
        )
        if title.media_type is MediaType.MOVIE:
            request.items = {MOVIE}
            request.limited_to_items = False
        self.requests[request.id] = request
        collected = touched.setdefault(request.id, Touched.of(request))
        collected.change.opened = collected.change.is_stored = collected.is_stale = True
        return request

    def _supersede(
        self,
        request: Request,
        survey: Observation,
        complete: Collection[FactKind],
        stated: set[FactKey],
        touched: dict[str, Touched],
        *,
        own_id: str | None,
    ) -> None:
        """Drop what the connection pushed before the survey began and the survey has answered.

        What it said of a title that it has let go of goes, too: nobody will ever take that back;
        while the title is merely missing, what was pushed of its parts goes, which no survey can
        answer. `own_id` is what it called the title before.
        """
        connection_id, started_at = survey.connection_id, survey.seen_at
        has_let_go = is_let_go(request, connection_id, own_id)
        is_lost = is_missing(request, connection_id)
        dropped = [
            key
            for key, fact in request.facts.items()
            if (has_let_go and key not in stated and is_void(fact, connection_id))
            or (
                is_superseded(fact, connection_id, started_at)
                and (
                    fact.kind in complete
                    or (is_lost and is_void(fact, connection_id))
                    or (fact.subject, connection_id, fact.kind, Via.SURVEY) in stated
                )
            )
        ]
        if not dropped:
            return
        collected = touched.get(request.id) or Touched.of(request)
        touched[request.id] = collected
        for key in dropped:
            del request.facts[key]
            collected.change.facts.pop(key, None)
            collected.change.dropped.add(key)
        collected.is_stale = True

    def _settle(self, touched: dict[str, Touched], now: datetime) -> Changes:
        changes: Changes = []
        for request_id in sorted(touched, key=lambda key: (self.requests[key].opened_at, key)):
            collected = touched[request_id]
            change = collected.change
            if collected.is_stale:
                self._restate(collected, now)
            change.timeline = entries(collected, now)
            if change.request.ended_at is not None:
                self.bury(change.request)
            if collected.is_stale or change.is_stored:
                changes.append(change)
        return changes

    def _restate(self, collected: Touched, now: datetime) -> None:
        """Derive the request's status again and note what changed."""
        change = collected.change
        request = change.request
        old = request.status
        had_stage = request.stage_since is not None
        self._derive(request, now)
        request.note_stages(old.items, now)
        change.visible |= change.opened or old != request.status
        if change.opened or not had_stage or old.stage is not request.stage:
            request.stage_since = now
            change.before = None if change.opened else old.stage
            change.is_stored = True
        if old.stuck is not request.status.stuck:
            if request.status.stuck or not is_given_up(request):
                change.stuck = request.status.stuck
        if old.items != request.status.items or old.explanation != request.status.explanation:
            change.is_stored = True
        if request.stage is Stage.AVAILABLE and request.available_at is None:
            request.available_at = now
        if is_over(request):
            request.ended_at = now
            change.ended = change.is_stored = True

    def _derive(self, request: Request, now: datetime) -> None:
        request.status, recheck_at = derive(request, now, self.options.setup)
        if recheck_at is None:
            self._recheck.pop(request.id, None)
        else:
            self._recheck[request.id] = recheck_at

    def bury(self, request: Request) -> None:
        """Make a request history: it never receives facts again, nor does old news open it."""
        self._discard(request.id)
        self._ended.add(request)
        if request.origin is Origin.SEERR and not may_come_back(request):
            self._closed.update(request.service_ids.items())

    def _discard(self, request_id: str) -> None:
        self._index.discard(request_id)
        self._recheck.pop(request_id, None)
        self.requests.pop(request_id, None)

    def _keep_out(self, left: Request) -> None:
        self._ended.keep(left)
        if left.origin is Origin.SEERR:
            self._closed.update(left.service_ids.items())


def _statements(observation: Observation) -> int:
    return len(observation.statements)


def _facts(request: Request) -> int:
    return len(request.facts)
