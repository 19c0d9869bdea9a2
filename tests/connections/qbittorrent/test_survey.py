"""Check what recorded qBittorrents of three versions say about downloads."""

import json
from typing import cast

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.connections.base import Survey, SurveyContext
from custom_components.media_status.connections.qbittorrent import QBittorrentConnection
from custom_components.media_status.lifecycle.facts import (
    FactKind,
    Transfer,
    TransferPhase as Phase,
)
from custom_components.media_status.lifecycle.model import JsonObject, Service, Subject, Via
from custom_components.media_status.lifecycle.troubles import Hitch

from .conftest import FIXTURES, NOW, Replay, wanted

VERSIONS = ("4.5.2", "5.1.0", "5.3.0")
HASH = "cf1f2b1537d3dc45562353f023543de975465fc7"
TORRENT: JsonObject = {
    "name": "A.Film.2024.1080p",
    "state": "downloading",
    "progress": 0.25,
    "size": 4000,
    "total_size": 4000,
    "amount_left": 3000,
    "eta": 30,
    "dlspeed": 100,
    "num_seeds": 7,
    "priority": 2,
    "infohash_v1": HASH,
    "infohash_v2": "",
}


def frames(version: str) -> list[JsonObject]:
    """Return the answers of a recorded life of torrents."""
    text = (FIXTURES / f"real-{version}-maindata-lifecycle.json").read_text("utf-8")
    return [frame["response"] for frame in json.loads(text)]


def transfers(survey: Survey) -> list[Transfer]:
    """Return everything that a survey states."""
    values = [s.value for observation in survey.observations for s in observation.statements]
    assert all(isinstance(value, Transfer) for value in values)
    return cast("list[Transfer]", values)


async def survey_of(
    connection: QBittorrentConnection, replay: Replay, torrent: JsonObject
) -> Transfer:
    """Return what is stated about one torrent."""
    replay.answer_torrents({HASH: torrent})
    found = transfers(await connection.survey(wanted(HASH)))
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_recorded_download_only_moves_forward(
    connection: QBittorrentConnection, replay: Replay, version: str
) -> None:
    """Progress grows to 1, the phases come in the order in which they happened."""
    replay.answers = list(frames(version))
    seen: list[Transfer] = []
    while replay.answers:
        survey = await connection.survey(wanted(HASH))
        assert survey.complete == {FactKind.TRANSFER}
        seen += transfers(survey)
    progress = [transfer.progress for transfer in seen]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    phases = [transfer.phase for transfer in seen]
    assert list(dict.fromkeys(phases)) == [
        Phase.CHECKING,
        Phase.STALLED,
        Phase.DOWNLOADING,
        Phase.PAUSED,
        Phase.DONE,
    ]
    first_done = phases.index(Phase.DONE)
    assert set(phases[first_done:]) == {Phase.DONE}
    # The speed that decays after the end is nobody's download rate.
    assert all(transfer.speed == 0 for transfer in seen[first_done:])
    assert all(transfer.eta_seconds is None for transfer in seen[first_done:])


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_deleted_torrent_is_not_mentioned_any_more(
    connection: QBittorrentConnection, replay: Replay, version: str
) -> None:
    """What a complete survey does not mention is absent: here the deleted torrent."""
    answers = frames(version)
    at_deletion = next(i for i, frame in enumerate(answers) if frame.get("torrents_removed"))
    replay.answers = list(answers)
    surveys = [await connection.survey(wanted(HASH)) for _ in answers]
    assert surveys[at_deletion - 1].observations
    for survey in surveys[at_deletion:]:
        assert survey.observations == ()
        assert survey.complete == {FactKind.TRANSFER}


@pytest.mark.parametrize("version", VERSIONS)
async def test_hybrid_and_v2_torrents_are_found_by_every_name(
    connection: QBittorrentConnection, replay: Replay, version: str
) -> None:
    """Radarr and Sonarr may say v1, the whole v2 hash, or its first 40 digits."""
    last = frames(version)
    torrents = next(
        frame["torrents"]
        for frame in last
        if isinstance(frame.get("torrents"), dict)
        and len(cast("JsonObject", frame["torrents"])) > 1
    )
    assert isinstance(torrents, dict)
    full = {
        key: value for key, value in torrents.items() if isinstance(value, dict) and "name" in value
    }
    kinds = set()
    for key, value in full.items():
        v1, v2 = str(value["infohash_v1"]), str(value["infohash_v2"])
        assert len(v2) == 64
        kinds.add(bool(v1))
        names = {name for name in (key, v1, v2, v2[:40]) if name}
        for name in names:
            replay.answer_torrents({key: value})
            survey = await connection.survey(wanted(name))
            (observation,) = survey.observations
            assert observation.download_ids == names
            assert [s.subject for s in observation.statements] == [Subject(download=name)]
    assert kinds == {True, False}  # a hybrid and a v2-only torrent were among them


@pytest.mark.parametrize(
    ("version", "state", "phase"),
    [
        ("4.5.2", "checkingResumeData", Phase.CHECKING),
        ("4.5.2", "forcedDL", Phase.DOWNLOADING),
        ("4.5.2", "forcedMetaDL", Phase.METADATA),
        ("4.5.2", "metaDL", Phase.METADATA),
        ("4.5.2", "missingFiles", Phase.MISSING_FILES),
        ("4.5.2", "moving", Phase.DONE),
        ("4.5.2", "pausedUP", Phase.DONE),
        ("4.5.2", "queuedDL", Phase.QUEUED),
        ("4.5.2", "stalledUP", Phase.DONE),
        ("5.3.0", "checkingResumeData", Phase.CHECKING),
        ("5.3.0", "forcedDL", Phase.DOWNLOADING),
        ("5.3.0", "forcedMetaDL", Phase.METADATA),
        ("5.3.0", "metaDL", Phase.METADATA),
        ("5.3.0", "missingFiles", Phase.MISSING_FILES),
        ("5.3.0", "queuedDL", Phase.QUEUED),
        ("5.3.0", "stalledUP", Phase.DONE),
        ("5.3.0", "stoppedUP", Phase.DONE),
    ],
)
async def test_recorded_states(
    connection: QBittorrentConnection, replay: Replay, version: str, state: str, phase: Phase
) -> None:
    """Every state that a real qBittorrent was brought into is understood."""
    text = (FIXTURES / f"real-{version}-states.json").read_text("utf-8")
    torrent = dict(json.loads(text)[state]["torrent"])
    key = torrent.pop("hash")
    replay.answer_torrents({key: torrent})
    (found,) = transfers(await connection.survey(wanted(key)))
    assert found.phase is phase
    if phase is Phase.METADATA:
        assert (found.progress, found.size) == (0.0, None)
    if phase is Phase.MISSING_FILES:
        assert found.progress == 0.0


@pytest.mark.parametrize(
    ("members", "phase"),
    [
        ({"state": "downloading"}, Phase.DOWNLOADING),
        ({"state": "allocating"}, Phase.DOWNLOADING),
        ({"state": "stalledDL", "dlspeed": 0}, Phase.STALLED),
        ({"state": "stalledDL", "dlspeed": 512}, Phase.DOWNLOADING),
        ({"state": "pausedDL"}, Phase.PAUSED),
        ({"state": "stoppedDL"}, Phase.PAUSED),
        ({"state": "checkingDL", "progress": 1}, Phase.CHECKING),
        ({"state": "checkingUP", "progress": 1}, Phase.CHECKING),
        ({"state": "error", "progress": 1}, Phase.ERROR),
        ({"state": "missingFiles"}, Phase.MISSING_FILES),
        ({"state": "uploading", "progress": 1}, Phase.DONE),
        ({"state": "forcedUP", "progress": 1}, Phase.DONE),
        ({"state": "queuedUP", "progress": 1}, Phase.DONE),
        ({"state": "downloading", "progress": 1}, Phase.DONE),
        ({"state": "moving", "progress": 1}, Phase.DONE),
        ({"state": "moving"}, Phase.MOVING),
        ({"state": "unknown"}, Phase.UNKNOWN),
        ({"state": "unknown", "progress": 1}, Phase.DONE),
        ({"state": "inventedDL"}, Phase.UNKNOWN),
        ({"state": "inventedUP"}, Phase.DONE),
        ({"state": "unknown", "progress": 1, "size": 0}, Phase.UNKNOWN),
    ],
)
async def test_states_that_no_recording_has(
    connection: QBittorrentConnection, replay: Replay, members: JsonObject, phase: Phase
) -> None:
    """State and progress decide together; unheard-of states are judged by progress."""
    assert (await survey_of(connection, replay, TORRENT | members)).phase is phase


async def test_what_is_stated_about_a_running_download(
    connection: QBittorrentConnection, replay: Replay
) -> None:
    """Everything a card shows is there, and the time is that of the question."""
    replay.answer_torrents({HASH: TORRENT})
    survey = await connection.survey(wanted(HASH))
    (observation,) = survey.observations
    assert (observation.connection_id, observation.service) == ("qbit", Service.QBITTORRENT)
    assert (observation.via, observation.seen_at) == (Via.SURVEY, NOW)
    assert observation.title is None
    assert transfers(survey) == [
        Transfer(
            present=True,
            phase=Phase.DOWNLOADING,
            progress=0.25,
            size=4000,
            speed=100,
            eta_seconds=30,
            seeds=7,
            queue_position=2,
        )
    ]


@pytest.mark.parametrize(
    ("members", "eta"), [({"eta": 8640000}, None), ({"eta": 0}, 0), ({"state": "stoppedDL"}, None)]
)
async def test_only_a_running_download_has_an_end(
    connection: QBittorrentConnection, replay: Replay, members: JsonObject, eta: int | None
) -> None:
    """100 days means unknown, and a stopped download has no end."""
    assert (await survey_of(connection, replay, TORRENT | members)).eta_seconds == eta


async def test_the_rate_counts_only_downloads_of_requests(
    connection: QBittorrentConnection, replay: Replay
) -> None:
    """Other torrents of the same client, and finished ones, add nothing."""
    other, third = "a" * 40, "b" * 40
    replay.answer_torrents(
        {
            HASH: TORRENT,
            other: TORRENT | {"infohash_v1": other, "dlspeed": 5000},
            third: TORRENT
            | {"infohash_v1": third, "dlspeed": 70, "state": "stalledUP", "progress": 1},
        }
    )
    assert (await connection.survey(wanted(HASH, third))).download_rate == 100


@pytest.mark.parametrize("count", [0, 1, 20, 200])
async def test_a_survey_is_one_call(
    connection: QBittorrentConnection, replay: Replay, count: int
) -> None:
    """The number of calls does not depend on the number of downloads."""
    names = [f"{number:040x}" for number in range(1, count + 1)]
    replay.answer_torrents({name: TORRENT | {"infohash_v1": name} for name in names})
    survey = await connection.survey(wanted(*names))
    assert len(survey.observations) == count
    assert len(replay.calls) == 1


async def test_no_answer_states_nothing(connection: QBittorrentConnection, replay: Replay) -> None:
    """Unknown is not gone: a failed survey raises instead of being empty."""
    replay.answers = [503]
    with pytest.raises(ClientError):
        await connection.survey(wanted(HASH))


async def test_nothing_wanted_is_still_a_sign_of_life(
    connection: QBittorrentConnection, replay: Replay
) -> None:
    """Without downloads the survey asks all the same, so that an outage is noticed."""
    replay.answers = [503]
    with pytest.raises(ClientError):
        await connection.survey(SurveyContext(now=NOW))


async def test_probe(connection: QBittorrentConnection) -> None:
    """The program says its version."""
    info = await connection.probe()
    assert (info.name, info.version) == ("qBittorrent", "5.3.0")


async def test_a_torrent_that_cannot_be_read_is_not_absent(
    replay: Replay, connection: QBittorrentConnection
) -> None:
    """Unknown is not gone: such a survey is not complete."""
    replay.answers.append({"rid": 1, "full_update": True, "torrents": {"a" * 40: "nonsense"}})
    survey = await connection.survey(wanted("a" * 40))
    assert survey.dropped == 1
    assert not survey.complete


FULL: JsonObject = {"free_space_on_disk": 2999, "connection_status": "connected"}
OFFLINE: JsonObject = {"free_space_on_disk": 10**12, "connection_status": "disconnected"}
FINE: JsonObject = {"free_space_on_disk": 10**12, "connection_status": "firewalled"}


@pytest.mark.parametrize(
    ("state", "server", "hitch"),
    [
        ("error", FULL, Hitch.DISK_FULL),
        ("error", FULL | {"free_space_on_disk": 0}, Hitch.DISK_FULL),
        ("error", FULL | {"free_space_on_disk": 99 * 1024**2}, Hitch.DISK_FULL),
        ("error", FULL | {"free_space_on_disk": 100 * 1024**2}, None),
        ("error", FULL | {"free_space_on_disk": -1}, None),
        ("error", {}, None),
        ("error", OFFLINE, None),
        ("missingFiles", FULL, None),
        ("stalledDL", FULL, None),
        ("stalledDL", OFFLINE, Hitch.OFFLINE),
        ("metaDL", OFFLINE, Hitch.OFFLINE),
        ("queuedDL", OFFLINE, Hitch.OFFLINE),
        ("downloading", OFFLINE, Hitch.OFFLINE),
        ("stalledDL", FINE, None),
        ("pausedDL", OFFLINE, None),
        ("stalledUP", OFFLINE, None),
    ],
)
async def test_what_the_whole_client_lacks(
    connection: QBittorrentConnection,
    replay: Replay,
    state: str,
    server: JsonObject,
    hitch: Hitch | None,
) -> None:
    """A full disk stops a torrent with an error; without a network nothing arrives."""
    torrent = TORRENT | {"state": state, "dlspeed": 0}
    answer: JsonObject = {"rid": 1, "full_update": True, "torrents": {HASH: torrent}}
    replay.answers.append(answer | {"server_state": server})
    (transfer,) = transfers(await connection.survey(wanted(HASH)))
    assert transfer.hitch is hitch


async def test_who_still_receives_is_not_offline(
    connection: QBittorrentConnection, replay: Replay
) -> None:
    """QBittorrent says so for a moment after its start, too."""
    answer: JsonObject = {"rid": 1, "full_update": True, "torrents": {HASH: TORRENT}}
    replay.answers.append(answer | {"server_state": OFFLINE})
    (transfer,) = transfers(await connection.survey(wanted(HASH)))
    assert transfer.hitch is None


async def test_much_left_needs_as_much_room(
    connection: QBittorrentConnection, replay: Replay
) -> None:
    """What is free has to suffice for what is left."""
    left = 4 * 1024**3
    for free, hitch in ((left - 1, Hitch.DISK_FULL), (left, None)):
        torrent = TORRENT | {"state": "error", "amount_left": left}
        answer: JsonObject = {"rid": 1, "full_update": True, "torrents": {HASH: torrent}}
        replay.answers.append(answer | {"server_state": {"free_space_on_disk": free}})
        (transfer,) = transfers(await connection.survey(wanted(HASH)))
        assert transfer.hitch is hitch
