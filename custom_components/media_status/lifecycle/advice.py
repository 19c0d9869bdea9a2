"""Say for which reasons there is one thing that a person can do."""

from .request import Explanation

# Each has a sentence of advice in the translations.
ADVISED = frozenset(
    {
        "waiting_approval",
        "approved",
        "not_in_manager",
        "not_passed_on",
        "not_monitored",
        "all_rejected",
        "profile_missing",
        "folder_missing",
        "no_indexer",
        "no_client",
        "grabbed_not_in_client",
        "client_unavailable",
        "client_offline",
        "metadata",
        "queued",
        "paused",
        "stalled",
        "downloading",
        "client_error",
        "disk_full",
        "missing_files",
        "downloaded_waiting_import",
        "import_blocked",
        "no_space",
        "path_not_visible",
        "importing",
        "shoko_unseen",
        "shoko_hashing",
        "shoko_waiting",
        "shoko_unmatched",
        "waiting_library",
        "not_playable",
        "shokofin_signalr_off",
        "shokofin_unmapped",
        "shokofin_filtered",
        "title_guess",
        "no_library",
        "failed_request",
        "connection_down",
    }
)
# Nothing here is anybody's fault, and still only a person can end it.
_AT_ONCE = frozenset({"connection_down"})


def advice(explanation: Explanation) -> str | None:
    """Return the code of what a person can do; None while it goes on, or may, by itself."""
    is_due = explanation.needs_person or explanation.is_overdue or explanation.code in _AT_ONCE
    return explanation.code if is_due and explanation.code in ADVISED else None
