"""The events Seerr sends, with the words it uses for them."""

from .model import User
from .seerr_state import MediaStatus, SeerrRequest
from .seerr_webhook import Notice

_IMAGES = "https://image.tmdb.org/t/p/w600_and_h900_bestv2"
_WORDS = {
    "MEDIA_APPROVED": "Request Approved",
    "MEDIA_AVAILABLE": "Request Now Available",
    "MEDIA_FAILED": "Request Failed",
    "MEDIA_DECLINED": "Request Declined",
    "MEDIA_AUTO_APPROVED": "Request Automatically Approved",
}
_SILENT_TO_USER = {"MEDIA_PENDING", "MEDIA_AUTO_APPROVED", "MEDIA_FAILED"}


def media_notice(
    kind: str, row: SeerrRequest, *, shown_status: MediaStatus | None = None
) -> Notice:
    """Return a request's event; `shown_status` is the media status before the change."""
    title = row.title
    four_k = "4K " if row.is_4k else ""
    what = "Movie" if title.kind == "movie" else "Series"
    event = f"New {four_k}{what} Request"
    if kind != "MEDIA_PENDING":
        event = f"{four_k}{what} {_WORDS[kind]}"
    status = row.media.standard.status
    status_4k = row.media.four_k.status
    if shown_status is not None:
        status, status_4k = (status, shown_status) if row.is_4k else (shown_status, status_4k)
    variables = {
        "notification_type": kind,
        "event": event,
        "subject": f"{title.title} ({title.year})" if title.year else title.title,
        "message": _shorten(title.overview),
        "image": f"{_IMAGES}{title.poster}",
        "media_type": title.kind,
        "media_tmdbid": str(title.tmdb),
        "media_tvdbid": str(title.tvdb) if title.kind == "tv" and title.tvdb else "",
        "media_status": status.name,
        "media_status4k": status_4k.name,
        "request_id": str(row.id),
        **_person("requestedBy", row.requested_by),
        **_person("notifyuser", None if kind in _SILENT_TO_USER else row.requested_by),
    }
    seasons = ", ".join(str(number) for number in row.season_numbers)
    return Notice(
        kind=kind,
        variables=variables,
        blocks=frozenset({"media", "request"}),
        extra=(("Requested Seasons", seasons),) if seasons else (),
    )


def test_notice() -> Notice:
    """Return the event of the settings page's test button."""
    return Notice(
        kind="TEST_NOTIFICATION",
        variables={
            "notification_type": "TEST_NOTIFICATION",
            "event": "",
            "subject": "Test Notification",
            "message": "Check check, 1, 2, 3. Are we coming in clear?",
            "image": "",
        },
    )


def _person(prefix: str, person: User | None) -> dict[str, str]:
    avatar = f"/avatarproxy/{person.jellyfin_id}?v=1757624411000" if person else ""
    return {
        f"{prefix}_username": person.name if person else "",
        f"{prefix}_email": person.email if person else "",
        f"{prefix}_avatar": avatar,
        f"{prefix}_settings_discordId": (person.discord_id or "") if person else "",
        f"{prefix}_settings_telegramChatId": (person.telegram_id or "") if person else "",
    }


def _shorten(text: str) -> str:
    if len(text) <= 500:
        return text
    return f"{text[:499].rpartition(' ')[0]}…"
