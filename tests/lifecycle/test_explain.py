"""Why Jellyfin does not play it yet, and what a person can do about a reason."""

from custom_components.media_status.lifecycle.advice import ADVISED, advice
from custom_components.media_status.lifecycle.facts import Observation, Playable, Statement
from custom_components.media_status.lifecycle.model import MOVIE, Service, Stage, Via
from custom_components.media_status.lifecycle.request import Explanation, Status

from .reasons import FILM, searched, why
from .world import LIBRARY, at


def test_an_item_without_a_file_is_told() -> None:
    """Jellyfin knows the film by its number, and there is nothing to play."""
    world, house = searched()
    world.files = {MOVIE}
    house.survey(at(1))
    assert why(house.of(world).status).code == "waiting_library"

    def jellyfin(minutes: float, playable: Playable) -> Status:
        seen = Observation(
            connection_id=LIBRARY,
            service=Service.JELLYFIN,
            via=Via.SURVEY,
            seen_at=at(minutes),
            request_id=house.of(world).id,
            statements=(Statement(value=playable, subject=FILM),),
        )
        house.push(seen, now=at(minutes))
        return house.of(world).status

    status = jellyfin(2, Playable(present=False, is_hollow=True))
    assert (why(status).code, why(status).since, status.stuck) == ("not_playable", at(2), False)
    house.keep(house.tracker.tick(at(61)))
    status = house.of(world).status
    assert (why(status).code, why(status).is_overdue, status.stuck) == ("not_playable", True, True)
    assert why(jellyfin(62, Playable(present=False))).code == "waiting_library"
    assert jellyfin(63, Playable(present=True, is_hollow=True)).stage is Stage.AVAILABLE


def test_advice_is_for_what_a_person_can_do() -> None:
    """While it may go on by itself there is none; without anybody to ask there is at once."""
    assert advice(Explanation(code="importing")) is None
    assert advice(Explanation(code="importing", is_overdue=True)) == "importing"
    assert advice(Explanation(code="disk_full", needs_person=True)) == "disk_full"
    assert advice(Explanation(code="connection_down")) == "connection_down"
    assert advice(Explanation(code="anidb_banned", is_overdue=True)) is None
    assert "available" not in ADVISED
