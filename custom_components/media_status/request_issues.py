"""Report what keeps open requests waiting until a person acts, and take it back in time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .household import recognition_page, shokofin_page
from .hub import Hub, HubEvent
from .lifecycle.facts import MatchPhase
from .lifecycle.model import MOVIE, Stage
from .lifecycle.request import Request
from .repairs import REQUEST_STUCK
from .serialize import MAX_SENTENCE, MAX_TITLE, clean
from .wanted_files import known_files

UNMATCHED: Final = "shoko_unmatched"
UNMATCHED_MANY: Final = "shoko_unmatched_many"
HINDRANCES: Final = ("shokofin_signalr_off", "shokofin_unmapped", "shokofin_filtered")
STUCK_RETRY: Final = f"{REQUEST_STUCK}_retry"
STUCK_MANY: Final = f"{REQUEST_STUCK}_many"
_OURS: Final = (UNMATCHED, *HINDRANCES, REQUEST_STUCK)
# Where `retry` has something to do; the others need a person elsewhere.
_RETRIED: Final = frozenset(
    {
        "failed_request",
        "grabbed_not_in_client",
        "stalled",
        "downloaded_waiting_import",
        "import_blocked",
        "no_space",
        "path_not_visible",
        "importing",
        "waiting_library",
        "not_playable",
    }
)
# More requests than this are reported together, more lines than this in a report are not read.
MOST_REQUESTS: Final = 10
_MOST_LINES: Final = 10
_MORE: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """An issue as it should stand."""

    key: str
    placeholders: dict[str, str] = field(default_factory=dict)
    link: str | None = None
    request_id: str | None = None  # of an issue that can be fixed by trying again


class RequestIssues:
    """Keep the issues in step with the explanations of open requests."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Initialize; nothing is reported before `start`."""
        self._hass = hass
        self._hub = hub
        self._waiting: dict[str, dict[str, Request]] = {code: {} for code in _OURS}
        self._raised: dict[str, _Report] = {}

    @callback
    def start(self) -> None:
        """Report how requests stand now, take back what is over, then follow them."""
        for request in self._hub.tracker.requests.values():
            self._place(request)
        self._report()
        for issue_id in raised_issues(self._hass):
            if issue_id not in self._raised:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._hub.entry.async_on_unload(self._hub.subscribe(self._handle))

    @callback
    def _handle(self, event: HubEvent) -> None:
        concerned = False
        for change in event.changes:
            concerned |= self._place(change.request)
        for request_id in event.removed:
            concerned |= self._take_out(request_id)
        if concerned:
            self._report()

    def _place(self, request: Request) -> bool:
        """File a request under what it waits for; return whether any report can change."""
        code = _filed_under(request)
        concerned = False
        for key, requests in self._waiting.items():
            if key == code:
                requests[request.id] = request
                concerned = True
            elif requests.pop(request.id, None) is not None:
                concerned = True
        return concerned

    def _take_out(self, request_id: str) -> bool:
        found = [waiting.pop(request_id, None) for waiting in self._waiting.values()]
        return any(request is not None for request in found)

    def _report(self) -> None:
        """Create, update and delete issues so that they say what is so now."""
        reports = self._reports()
        for issue_id in self._raised.keys() - reports.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        for issue_id, report in reports.items():
            if self._raised.get(issue_id) != report:
                _raise(self._hass, issue_id, report)
        self._raised = reports

    def _reports(self) -> dict[str, _Report]:
        """Return the issues that should stand, by id."""
        reports = self._unmatched() | self._stuck()
        for code in HINDRANCES:
            if self._waiting[code]:
                reports[code] = _Report(key=code, link=shokofin_page(self._hub.connections))
        return reports

    def _unmatched(self) -> dict[str, _Report]:
        requests = self._waiting[UNMATCHED]
        link = recognition_page(self._hub.connections)
        if len(requests) > MOST_REQUESTS:
            titles = sorted(_code(request.name) for request in requests.values())
            placeholders = {"count": str(len(requests)), "titles": _lines(titles)}
            many = _Report(key=UNMATCHED_MANY, placeholders=placeholders, link=link)
            return {UNMATCHED_MANY: many}
        reports = {}
        for request in requests.values():
            files = _unmatched_files(request)
            placeholders = {
                "title": clean(request.name, MAX_TITLE),
                "count": str(len(files)),
                "files": _lines(files),
            }
            report = _Report(key=UNMATCHED, placeholders=placeholders, link=link)
            reports[f"{UNMATCHED}_{request.id}"] = report
        return reports

    def _stuck(self) -> dict[str, _Report]:
        """Return what else needs a person, or takes too long."""
        requests = self._waiting[REQUEST_STUCK].values()
        if len(requests) > MOST_REQUESTS:
            titles = _lines(sorted(_code(request.name) for request in requests))
            placeholders = {"count": str(len(requests)), "titles": titles}
            return {STUCK_MANY: _Report(key=STUCK_MANY, placeholders=placeholders)}
        return {
            f"{REQUEST_STUCK}_{request.id}": self._stuck_report(request) for request in requests
        }

    def _stuck_report(self, request: Request) -> _Report:
        explanation = request.status.explanation
        can_retry = explanation is not None and explanation.code in _RETRIED
        told = self._hub.explained(request)
        return _Report(
            key=STUCK_RETRY if can_retry else REQUEST_STUCK,
            placeholders={
                "title": clean(request.name, MAX_TITLE),
                "reason": clean(told.sentence or "", MAX_SENTENCE),
                "advice": clean(told.advice or "", MAX_SENTENCE),
            },
            request_id=request.id if can_retry else None,
        )


def _filed_under(request: Request) -> str | None:
    """Return the kind of report that a request belongs to, if any."""
    explanation = request.status.explanation
    if explanation is None or not request.is_open:
        return None
    if explanation.code in _OURS:
        return explanation.code
    return REQUEST_STUCK if request.status.stuck else None


def _unmatched_files(request: Request) -> list[str]:
    """Return the files that Shoko does not know, each with its episode, without folders."""
    stages = request.status.items
    waiting = sorted(item for item, stage in stages.items() if stage is Stage.ANIME_MATCHING)
    found: dict[str, str] = {}
    for item, file in known_files(request, waiting).items():
        for _, word in file.words:
            if word.phase is MatchPhase.UNMATCHED:
                name = word.name or item.label
                label = "" if item == MOVIE else f"{item.label}: "
                title = request.item_titles.get(item)
                about = f" ({clean(title, MAX_TITLE)})" if title else ""
                # One file may hold several episodes.
                found.setdefault(word.file_id or name, f"{label}{_code(name)}{about}")
    return list(found.values())


def raised_issues(hass: HomeAssistant) -> list[str]:
    """Return the ids of the issues about requests, from whatever run."""
    return [
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and issue_id.startswith(_OURS)
    ]


def _raise(hass: HomeAssistant, issue_id: str, report: _Report) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"request_id": report.request_id} if report.request_id else None,
        is_fixable=report.request_id is not None,
        learn_more_url=report.link,
        severity=ir.IssueSeverity.WARNING,
        translation_key=report.key,
        translation_placeholders=report.placeholders or None,
    )


def _lines(entries: Iterable[str]) -> str:
    """Return a list for people, not longer than they read."""
    found = list(entries)
    shown = found[:_MOST_LINES] + ([_MORE] if len(found) > _MOST_LINES else [])
    return "\n".join(f"- {entry}" for entry in shown)


def _code(text: str) -> str:
    """Return a name as it is: brackets and stars in it must not become links and weight."""
    return f"`{clean(text, MAX_TITLE).replace('`', '')}`"
