"""Take an observation into a request: fill its description, merge its facts."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from .facts import (
    Ask,
    AskStatus,
    Fact,
    FactKey,
    Grab,
    Match,
    Observation,
    Outcome,
    Queue,
    Statement,
    Title,
    Transfer,
    Wanted,
)
from .merge import merged
from .model import ItemKey, Stage, Subject, TitleRef, Via
from .paths import tail
from .request import Change, Request

_DOWNLOAD_WORDS = (Grab, Outcome, Queue, Transfer)


@dataclass(slots=True)
class Touched:
    """Collect what one batch did to a request before its status is derived anew."""

    change: Change
    before: dict[FactKey, Fact]  # all facts before the batch
    stated: set[FactKey] = field(default_factory=set)
    is_stale: bool = False  # the status must be derived again

    @classmethod
    def of(cls, request: Request) -> Touched:
        """Start collecting for a request."""
        return cls(change=Change(request=request), before=dict(request.facts))


def absorb(touched: Touched, observation: Observation) -> None:
    """Take one observation in; what it repeats changes nothing."""
    request = touched.change.request
    if observation.title is not None:
        _describe(touched, observation.title, observation)
    for statement in observation.statements:
        for subject in _subjects(request, statement, observation):
            _take(touched, observation, subject, statement)
    names = observation.download_ids
    known = [
        request.download_names[name] for name in sorted(names) if name in request.download_names
    ]
    if known:
        for name in names - set(request.download_names):
            request.download_names[name] = known[0]
            touched.change.is_stored = True


def _describe(touched: Touched, title: TitleRef, observation: Observation) -> None:
    """Fill the gaps of the request's description; nothing known is overwritten.

    But own ids are: a title that was removed and added again has another. Pushes come late and in
    any order, so that only a survey can know.
    """
    request = touched.change.request
    before = (request.ids, request.title, request.original_title, request.year)
    before_looks = (request.overview, request.poster_url)
    request.ids = request.ids.filled_from(title.ids)
    request.title = request.title or title.title
    request.original_title = request.original_title or title.original_title
    request.year = request.year or title.year
    request.overview = request.overview or title.overview
    request.poster_url = request.poster_url or title.poster_url
    changed = before != (request.ids, request.title, request.original_title, request.year)
    changed |= before_looks != (request.overview, request.poster_url)
    service_id = title.service_id
    own_id = request.service_ids.get(observation.connection_id)
    if service_id is not None and service_id != own_id:
        if own_id is None or observation.via is not Via.PUSH:
            request.service_ids[observation.connection_id] = service_id
            changed = True
    if changed:
        touched.change.is_stored = True
        touched.change.visible = True
        touched.is_stale = True


def _subjects(request: Request, statement: Statement, observation: Observation) -> list[Subject]:
    """Return what a statement is about in this request; nothing when it is another's."""
    subject = statement.subject
    if isinstance(statement.value, Grab):
        return [subject] if any(request.wants(item) for item in statement.value.items) else []
    if subject.download is not None or isinstance(statement.value, _DOWNLOAD_WORDS):
        names = {subject.download} if subject.download is not None else set()
        names |= observation.download_ids
        keys = {request.download_names[name] for name in names if name in request.download_names}
        return [Subject(download=key) for key in sorted(keys)]
    if subject.item is not None:
        return [subject] if request.wants(subject.item) else []
    if observation.file_path is not None and isinstance(statement.value, Match):
        items = request.file_items.get(tail(observation.file_path), set())
        return [Subject(item=item) for item in sorted(items)]
    return [subject]


def _take(
    touched: Touched, observation: Observation, subject: Subject, statement: Statement
) -> None:
    request = touched.change.request
    _learn_items(touched, subject, statement)
    fact = Fact(
        subject=subject,
        connection_id=observation.connection_id,
        service=observation.service,
        value=statement.value,
        seen_at=observation.seen_at,
        since=observation.seen_at,
        via=observation.via,
    )
    old = request.facts.get(fact.key)
    new = merged(old, fact)
    touched.stated.add(fact.key)
    request.facts[fact.key] = new
    request.learn_file(new)
    if old is None or old.value != new.value or _ages(new, request):
        touched.is_stale = True
    if old is None or _is_worth_storing(old, new):
        touched.change.facts[fact.key] = new


def _learn_items(touched: Touched, subject: Subject, statement: Statement) -> None:
    request = touched.change.request
    value = statement.value
    found: set[ItemKey] = set()
    if isinstance(value, Grab):
        found = {item for item in value.items if request.wants(item)}
        if subject.download is not None and subject.download not in request.download_names:
            request.download_names[subject.download] = subject.download
            touched.change.is_stored = True
    elif subject.item is not None:
        found = {subject.item}
        if isinstance(value, Wanted) and value.title:
            _name_item(touched, subject.item, value.title)
    if not found <= request.items:
        request.items |= found
        touched.is_stale = True  # all that is told of it may be known from before


def _name_item(touched: Touched, item: ItemKey, title: str) -> None:
    request = touched.change.request
    if request.item_titles.get(item) != title:
        request.item_titles[item] = title
        touched.change.is_stored = True


def _ages(fact: Fact, request: Request) -> bool:
    """Return whether the meaning of a value grows with the time it has been seen."""
    value = fact.value
    if isinstance(value, Title) and request.stage is Stage.AVAILABLE:
        return True  # it may have waited for just this word
    if isinstance(value, Ask):
        return value.status in (AskStatus.ABSENT, AskStatus.DECLINED)
    return isinstance(value, Title | Queue) and not value.present


def _is_worth_storing(old: Fact, new: Fact) -> bool:
    """Return whether the journal needs the new value: not for mere progress."""
    if old.value == new.value:
        return False
    if isinstance(old.value, Transfer) and isinstance(new.value, Transfer):
        calm = replace(new.value, progress=0.0, speed=0, eta_seconds=None, seeds=None)
        return calm != replace(old.value, progress=0.0, speed=0, eta_seconds=None, seeds=None)
    if isinstance(old.value, Queue) and isinstance(new.value, Queue):
        return replace(new.value, left=None, eta=None) != replace(old.value, left=None, eta=None)
    return True


def is_superseded(fact: Fact, connection_id: str, started_at: datetime) -> bool:
    """Return whether a fact was pushed by the connection before its survey began."""
    return (
        fact.via is Via.PUSH and fact.connection_id == connection_id and fact.seen_at < started_at
    )
