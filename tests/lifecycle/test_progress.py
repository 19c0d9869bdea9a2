"""How far all downloads of a request are together."""

from datetime import timedelta

import pytest

from custom_components.media_status.lifecycle.facts import (
    File,
    Grab,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Statement,
    Transfer,
    TransferPhase,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service
from custom_components.media_status.lifecycle.progress import Progress

from .wish import EPISODES, Wish, about
from .world import at

ONE, TWO, THREE = EPISODES


def _grab(key: str, *items: ItemKey, size: int | None = None) -> Statement:
    return about(Grab(items=frozenset(items or {MOVIE}), at=at(1), size=size), key)


def _moves(
    key: str,
    progress: float,
    *,
    size: int | None = None,
    speed: int = 0,
    eta_seconds: int | None = None,
) -> Statement:
    value = Transfer(
        present=True,
        phase=TransferPhase.DOWNLOADING,
        progress=progress,
        size=size,
        speed=speed,
        eta_seconds=eta_seconds,
    )
    return about(value, key)


def _queued(key: str, phase: QueuePhase, size: int | None, left: int | None) -> Statement:
    return about(Queue(present=True, phase=phase, size=size, left=left, eta=at(90)), key)


def _measured(wish: Wish) -> Progress:
    status = wish.status
    return Progress(share=status.progress, size=status.size, speed=status.speed, eta=status.eta)


def test_without_downloads_there_is_no_progress() -> None:
    """Nothing is not zero."""
    assert _measured(Wish()) == Progress()


def test_what_was_only_grabbed_has_not_begun() -> None:
    """Its size is what the manager said, its end is unknown."""
    wish = Wish()
    wish.says(1, _grab("a", size=700))
    assert _measured(wish) == Progress(share=0.0, size=700)


def test_the_client_knows_best() -> None:
    """Size, speed and end are its own; the queue is not asked."""
    wish = Wish()
    wish.says(1, _grab("a", size=700), _queued("a", QueuePhase.DOWNLOADING, 500, 100))
    wish.client_says(2, _moves("a", 0.25, size=2000, speed=50, eta_seconds=60))
    assert _measured(wish) == Progress(
        share=0.25, size=2000, speed=50, eta=at(2) + timedelta(seconds=60)
    )


def test_a_size_that_the_client_does_not_know_is_the_managers() -> None:
    """A magnet link has no size until its metadata is there."""
    wish = Wish()
    wish.says(1, _grab("a", size=700))
    wish.client_says(2, _moves("a", 0.0))
    assert _measured(wish) == Progress(share=0.0, size=700)


def test_of_two_clients_the_further_one_counts() -> None:
    """The same torrent in two clients is one download."""
    wish = Wish()
    wish.says(1, _grab("a"))
    wish.client_says(2, _moves("a", 0.9, size=10))
    wish.says(3, _moves("a", 0.2, size=20), service=Service.QBITTORRENT, connection="client-2")
    assert _measured(wish) == Progress(share=0.9, size=10)


def test_a_finished_torrent_is_finished_whatever_its_figure() -> None:
    """It seeds: it neither moves nor has an end."""
    wish = Wish()
    wish.says(1, _grab("a", size=70))
    done = Transfer(present=True, phase=TransferPhase.DONE, progress=0.5, speed=9, eta_seconds=9)
    wish.client_says(2, about(done, "a"))
    assert _measured(wish) == Progress(share=1.0, size=70)


def test_a_torrent_that_left_its_client_is_measured_by_the_queue() -> None:
    """Usenet, and every other client, is seen through the manager only."""
    wish = Wish()
    wish.says(1, _grab("a"), _queued("a", QueuePhase.DOWNLOADING, 1000, 250))
    wish.client_says(2, about(Transfer(present=False, progress=0.1, size=5), "a"))
    assert _measured(wish) == Progress(share=0.75, size=1000, eta=at(90))


@pytest.mark.parametrize(
    ("size", "left", "share"),
    [(1000, 0, 1.0), (1000, 2000, 0.0), (1000, -5, 1.0), (None, 10, 0.0), (0, 0, 0.0)],
)
def test_odd_figures_of_a_queue(size: int | None, left: int, share: float) -> None:
    """A share lies between nothing and all."""
    wish = Wish()
    wish.says(1, _grab("a", size=3), _queued("a", QueuePhase.DOWNLOADING, size, left))
    assert _measured(wish) == Progress(share=share, size=size or 3, eta=at(90))


@pytest.mark.parametrize(("given", "share"), [(-0.5, 0.0), (1.5, 1.0), (0.5, 0.5)])
def test_odd_figures_of_a_client(given: float, share: float) -> None:
    """So it does when a client says something else."""
    wish = Wish()
    wish.says(1, _grab("a"))
    wish.client_says(2, _moves("a", given))
    assert wish.status.progress == share


@pytest.mark.parametrize(
    "phase",
    [
        QueuePhase.COMPLETED,
        QueuePhase.IMPORT_PENDING,
        QueuePhase.IMPORT_BLOCKED,
        QueuePhase.IMPORTING,
        QueuePhase.IMPORTED,
    ],
)
def test_what_the_manager_calls_finished_is_finished(phase: QueuePhase) -> None:
    """Whatever it says is left."""
    wish = Wish()
    wish.says(1, _grab("a", size=7), _queued("a", phase, None, 5))
    assert _measured(wish) == Progress(share=1.0, size=7)


def test_a_manager_without_the_download_says_nothing_about_it() -> None:
    """Another manager has it in its queue."""
    wish = Wish()
    wish.says(1, _grab("a"), about(Queue(present=False), "a"))
    queued = _queued("a", QueuePhase.DOWNLOADING, 10, 5)
    wish.says(2, queued, service=Service.RADARR, connection="manager-2")
    assert _measured(wish) == Progress(share=0.5, size=10, eta=at(90))


def test_large_downloads_weigh_more() -> None:
    """Three quarters of the bytes are those of the larger one."""
    wish = Wish(*EPISODES)
    wish.says(1, _grab("a", ONE), _grab("b", TWO))
    wish.client_says(2, _moves("a", 1.0, size=1000), _moves("b", 0.2, size=3000, speed=7))
    assert _measured(wish) == Progress(share=0.4, size=4000, speed=7)


def test_what_has_no_size_weighs_as_much_as_the_others_on_average() -> None:
    """A thousand and three thousand make two thousand."""
    wish = Wish(*EPISODES)
    wish.says(1, _grab("a", ONE), _grab("b", TWO), _grab("c", THREE))
    wish.client_says(
        2, _moves("a", 0.0, size=1000), _moves("b", 0.0, size=3000), _moves("c", 0.6, size=0)
    )
    assert wish.status.progress == pytest.approx(0.2)
    assert wish.status.size == 4000


def test_without_any_size_all_weigh_the_same() -> None:
    """Two downloads, one of them through, are half of it."""
    wish = Wish(*EPISODES)
    wish.says(1, _grab("a", ONE), _grab("b", TWO))
    wish.client_says(2, _moves("a", 1.0, speed=1), _moves("b", 0.0, speed=2))
    assert _measured(wish) == Progress(share=0.5, speed=3)


def test_the_last_one_decides_when_it_ends() -> None:
    """And nobody knows while one of them does not know."""
    wish = Wish(*EPISODES)
    wish.says(1, _grab("a", ONE), _grab("b", TWO), _grab("c", THREE))
    done = about(Transfer(present=True, phase=TransferPhase.DONE, progress=1.0), "c")
    wish.client_says(2, _moves("a", 0.5, eta_seconds=120), _moves("b", 0.5, eta_seconds=60), done)
    assert wish.status.eta == at(4)
    wish.client_says(3, _moves("b", 0.5))
    assert wish.status.eta is None


def test_what_is_through_keeps_its_weight() -> None:
    """The figure does not jump back when one of several ends."""
    wish = Wish(*EPISODES)
    imported = about(Outcome(result=Result.IMPORTED, at=at(2)), "a")
    wish.says(1, _grab("a", ONE, size=1000), _grab("b", TWO, size=1000))
    wish.client_says(2, _moves("b", 0.5))
    wish.says(2, imported, about(Queue(present=False), "a"))
    assert wish.status.progress == 0.5  # nothing shows yet that it brought anything
    wish.says(3, about(File(present=True), ONE))
    assert _measured(wish) == Progress(share=0.75, size=2000)


def test_what_failed_weighs_nothing() -> None:
    """Even if its episode came some other way."""
    wish = Wish(*EPISODES)
    failed = about(Outcome(result=Result.FAILED, at=at(2)), "a")
    wish.says(1, _grab("a", ONE, size=1000), _grab("b", TWO, size=1000))
    wish.client_says(2, _moves("b", 0.5))
    wish.says(2, failed, about(File(present=True), ONE))
    assert _measured(wish) == Progress(share=0.5, size=1000)


def test_of_two_words_about_the_size_the_larger_counts() -> None:
    """Two managers grabbed the same download."""
    wish = Wish()
    wish.says(1, _grab("a", size=70))
    for number, size in enumerate((90, 80, None)):
        grab = _grab("a", size=size)
        wish.says(2, grab, service=Service.RADARR, connection=f"manager-{number + 2}")
    assert wish.status.size == 90


def test_odd_figures_of_one_download_say_nothing_about_another() -> None:
    """Too much of one does not make up for too little of the other."""
    wish = Wish(*EPISODES)
    queued = _queued("c", QueuePhase.DOWNLOADING, 100, -900)
    wish.says(1, _grab("a", ONE), _grab("b", TWO), _grab("c", THREE), queued)
    wish.client_says(2, _moves("a", 1.5, size=100), _moves("b", 0.0, size=200))
    assert wish.status.progress == 0.5
    wish.says(3, _queued("c", QueuePhase.COMPLETED, 100, 0))
    assert wish.status.progress == 0.5


def test_nobody_knows_when_it_ends_before_all_have_begun() -> None:
    """One of two is not in its client yet."""
    wish = Wish(*EPISODES)
    wish.says(1, _grab("a", ONE), _grab("b", TWO))
    wish.client_says(2, _moves("a", 0.5, eta_seconds=60))
    assert wish.status.eta is None
    wish.client_says(3, _moves("b", 0.0, eta_seconds=180))
    assert wish.status.eta == at(6)
