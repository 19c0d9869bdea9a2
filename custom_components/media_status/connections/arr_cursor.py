"""Remember how far a manager's history was read, and what was decided about its downloads."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..clients.readers import as_datetime, as_int, as_texts
from ..lifecycle.model import JsonObject
from .base import SurveyContext, WantedTitle

# Records of the same moment may be written after we looked.
OVERLAP = timedelta(minutes=2)
_FIRST_LOOK_BACK = timedelta(minutes=10)
# The first read must find some record, to learn the manager's own time: its clock may be off.
_FIRST_READ = timedelta(days=1)
# Before a request reaches us its title may have been grabbed; the clocks may differ too.
_BEFORE_OPENING = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrCursor:
    """What a survey leaves for the next one, through the journal. Dates are the manager's own."""

    history: datetime | None = None  # the newest record that was taken in
    history_id: int = 0
    covered: datetime | None = None  # requests opened until then had their history read
    rewind: datetime | None = None  # read again from here: a request was recognised late
    missing: frozenset[str] = frozenset()  # requests whose title was not there
    decided: frozenset[str] = frozenset()  # downloads nobody requested that were judged
    readings: int = 0  # counts what the process must remember: a gap means it forgot

    @classmethod
    def load(cls, raw: JsonObject) -> ArrCursor:
        """Return the cursor of a JSON object; what is not understood is as if never written."""
        return cls(
            history=as_datetime(raw.get("history")),
            history_id=as_int(raw.get("history_id")) or 0,
            covered=as_datetime(raw.get("covered")),
            rewind=as_datetime(raw.get("rewind")),
            missing=frozenset(as_texts(raw.get("missing"))),
            decided=frozenset(as_texts(raw.get("decided"))),
            readings=as_int(raw.get("readings")) or 0,
        )

    def dump(self) -> JsonObject:
        """Return the cursor as JSON; the same cursor gives the same text."""
        times = {"history": self.history, "covered": self.covered, "rewind": self.rewind}
        written: JsonObject = {
            name: time.astimezone(UTC).isoformat() for name, time in times.items() if time
        }
        return written | {
            "history_id": self.history_id,
            "missing": [*sorted(self.missing)],
            "decided": [*sorted(self.decided)],
            "readings": self.readings,
        }

    def manual_since(self, now: datetime) -> datetime:
        """Return since when a grab that nobody requested is news."""
        return self.history - OVERLAP if self.history else now - _FIRST_LOOK_BACK

    def since(self, context: SurveyContext) -> datetime:
        """Return from when on the history is read."""
        starts = [self.history - OVERLAP if self.history else context.now - _FIRST_READ]
        starts += [
            title.opened_at - _BEFORE_OPENING
            for title in context.wanted
            if self.covered is None or title.opened_at > self.covered
        ]
        if self.rewind is not None:
            starts.append(self.rewind)
        return min(starts)


def rewind_to(title: WantedTitle, added: datetime | None) -> datetime:
    """Return from when on the history of a title matters that was recognised late."""
    start = title.opened_at - _BEFORE_OPENING
    return max(start, added - _BEFORE_OPENING) if added else start
