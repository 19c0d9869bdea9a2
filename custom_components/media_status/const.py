"""Define the constants of the integration."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .lifecycle.model import JsonValue, Service

DOMAIN: Final = "media_status"
TITLE: Final = "Media Status"

KINDS: Final = (
    Service.SEERR,
    Service.RADARR,
    Service.SONARR,
    Service.QBITTORRENT,
    Service.SHOKO,
    Service.JELLYFIN,
)
KIND_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Service.SEERR: "Seerr",
        Service.RADARR: "Radarr",
        Service.SONARR: "Sonarr",
        Service.QBITTORRENT: "qBittorrent",
        Service.SHOKO: "Shoko",
        Service.JELLYFIN: "Jellyfin",
    }
)

# They push over a socket that we open.
KINDS_WITHOUT_WEBHOOK: Final = frozenset({Service.SHOKO})

# Data of a connection, beside url, verify_ssl, api_key, username and password.
CONF_IDENTITY: Final = "identity"
CONF_PUBLIC_URL: Final = "public_url"
CONF_SERVES_4K: Final = "serves_4k"
# True or False is the user's word about a foreign webhook; absent means never asked.
CONF_TAKE_OVER_WEBHOOK: Final = "take_over_webhook"
CONF_WEBHOOK_ID: Final = "webhook_id"
# Kept by us, not by a form: whether the only webhook is ours now, when it was taken from us, and
# who had it before us.
CONF_WEBHOOK_HELD: Final = "webhook_held"
CONF_WEBHOOK_LOSSES: Final = "webhook_losses"
CONF_WEBHOOK_PREVIOUS: Final = "webhook_previous"
OWN_NOTES: Final = frozenset({CONF_WEBHOOK_HELD, CONF_WEBHOOK_LOSSES, CONF_WEBHOOK_PREVIOUS})
CONF_WEBHOOK_SECRET: Final = "webhook_secret"

# Options of the tracker.
CONF_DEADLINES: Final = "deadlines"
CONF_DELETION_AUTOMATIONS: Final = "deletion_automations"
CONF_DELETION_MAX_GIGABYTES: Final = "deletion_max_gigabytes"
CONF_DELETION_MAX_GIGABYTES_DAY: Final = "deletion_max_gigabytes_day"
CONF_DELETION_MAX_ITEMS: Final = "deletion_max_items"
CONF_DELETION_MAX_ITEMS_DAY: Final = "deletion_max_items_day"
CONF_DELETION_MODE: Final = "deletion_mode"
CONF_FOLLOW_EXTERNAL_DELETIONS: Final = "follow_external_deletions"
CONF_GRACE_MINUTES: Final = "grace_minutes"
CONF_HISTORY_DAYS: Final = "history_days"
CONF_MANAGE_WEBHOOKS: Final = "manage_webhooks"
CONF_NUDGE_AFTER_MINUTES: Final = "nudge_after_minutes"
CONF_PATH_PREFIXES: Final = "path_prefixes"
CONF_POLL_ACTIVE_SECONDS: Final = "poll_active_seconds"
CONF_POLL_IDLE_SECONDS: Final = "poll_idle_seconds"
CONF_SYNC_LIBRARY_NIGHTLY: Final = "sync_library_nightly"
CONF_TRACK_MANUAL: Final = "track_manual"
CONF_WEBHOOK_BASE_URL: Final = "webhook_base_url"

DEFAULT_OPTIONS: Final[Mapping[str, JsonValue]] = MappingProxyType(
    {
        CONF_HISTORY_DAYS: 30,
        CONF_TRACK_MANUAL: True,
        CONF_PATH_PREFIXES: [],
        CONF_MANAGE_WEBHOOKS: True,
        CONF_WEBHOOK_BASE_URL: None,
        CONF_POLL_ACTIVE_SECONDS: 60,
        CONF_POLL_IDLE_SECONDS: 300,
        CONF_NUDGE_AFTER_MINUTES: 5,
        CONF_DEADLINES: {},  # minutes by stage
        CONF_DELETION_MODE: "dry_run",  # or "off", "on"
        CONF_DELETION_AUTOMATIONS: False,
        CONF_DELETION_MAX_ITEMS: 50,  # at once; 0 is no limit
        CONF_DELETION_MAX_GIGABYTES: 500,
        CONF_DELETION_MAX_ITEMS_DAY: 200,
        CONF_DELETION_MAX_GIGABYTES_DAY: 2000,
        CONF_GRACE_MINUTES: 0,
        CONF_FOLLOW_EXTERNAL_DELETIONS: "plan",  # or "off", "run"
        CONF_SYNC_LIBRARY_NIGHTLY: True,
    }
)

WEBHOOK_PATH: Final = "/api/media_status/webhook"
"""Followed by the connection's webhook id."""
WEBHOOK_USERNAME: Final = "media_status"
"""For senders that know Basic only; nobody checks it."""
