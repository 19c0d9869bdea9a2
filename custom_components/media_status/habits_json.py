"""Turn what is usual in a household into JSON."""

from typing import Final

from .journal_lives import Totals
from .lifecycle.habits import Habits, Sample
from .lifecycle.model import JsonObject, JsonValue, MediaType, Service, Stage

_MANAGERS: Final = {MediaType.MOVIE: Service.RADARR, MediaType.SERIES: Service.SONARR}
# Who makes a request wait in a stage; its Radarr or Sonarr where nobody else does.
_SERVICES: Final = {
    Stage.REQUESTED: Service.SEERR,
    Stage.DOWNLOADING: Service.QBITTORRENT,
    Stage.ANIME_MATCHING: Service.SHOKO,
    Stage.SYNCING_LIBRARY: Service.JELLYFIN,
}


def statistics_json(habits: Habits, totals: Totals) -> JsonObject:
    """Return how long stages take here (seconds), and how requests ended."""
    stages: list[JsonValue] = [
        {
            "media_type": media_type.value,
            "stage": stage.value,
            "service": _SERVICES.get(stage, _MANAGERS[media_type]).value,
            **_times(sample),
        }
        for (media_type, stage), sample in sorted(habits.spent.items())
    ]
    ready: list[JsonValue] = [
        {"media_type": media_type.value, **_times(sample)}
        for media_type, sample in sorted(habits.total.items())
    ]
    return {
        "stages": stages,
        "time_to_available": ready,
        "ended": totals.ended,
        "available": totals.available,
        "success_rate": round(totals.available / totals.ended, 3) if totals.ended else None,
        "healed": totals.healed,
    }


def _times(sample: Sample) -> JsonObject:
    return {
        "count": len(sample),
        "p50": round(sample.quantile(0.5), 1),
        "p90": round(sample.quantile(0.9), 1),
    }
