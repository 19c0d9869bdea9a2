"""Check what Radarr's complaints mean for whoever waits, and how often they are read."""

import pytest

from custom_components.media_status.clients.arr import HealthMessage
from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.connections.arr_health import ailment_of
from custom_components.media_status.connections.arr_words import block_of
from custom_components.media_status.lifecycle.facts import Health
from custom_components.media_status.lifecycle.model import JsonObject, Stage
from custom_components.media_status.lifecycle.troubles import Ailment, Block, Complaint
from tests.connections.house import House, values

HEALTH = ("radarr", "GET /api/v3/health")
FILMS = "/data/media/movies"


async def waiting(house: House) -> None:
    """Have a film requested that Radarr searches for."""
    title = house.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await house.sim.seerr.request(title, user="alice")
    await house.settle()
    assert house.stage("Heat") is Stage.SEARCHING
    house.sim.calls.clear()


async def later(house: House, minutes: float = 5) -> list[Health]:
    """Let some time pass; return what is told of Radarr's health then."""
    await house.sim.advance(minutes * 60)
    return values(await house.survey(house.radarr), Health)


def why(house: House) -> str | None:
    """Return the code of the film's explanation."""
    explanation = house.request("Heat").status.explanation
    return explanation.code if explanation else None


def message(source: str, level: str = "warning", text: str = "", link: str = "") -> HealthMessage:
    """Return a complaint."""
    wiki = f"https://wiki.servarr.com/radarr/system#{link}"
    return HealthMessage(source=source, type=level, message=text, wiki_url=wiki)


@pytest.mark.parametrize(
    ("found", "ailment"),
    [
        (
            message("IndexerSearchCheck", link="no-indexers-available-with-automatic-search"),
            Ailment.NO_INDEXER,
        ),
        (message("IndexerSearchCheck", text="No indexers available"), Ailment.NO_INDEXER),
        (message("IndexerSearchCheck", link="no-indexers-with-interactive-search"), None),
        (
            message("IndexerSearchCheck", link="indexers-are-unavailable-due-to-failures"),
            Ailment.INDEXERS_DOWN,
        ),
        (
            message("IndexerSearchCheck", text="All are temporarily unavailable"),
            Ailment.INDEXERS_DOWN,
        ),
        (message("IndexerStatusCheck", "error"), Ailment.INDEXERS_DOWN),
        (message("IndexerStatusCheck"), None),
        (message("DownloadClientCheck"), Ailment.NO_CLIENT),
        (message("DownloadClientCheck", "error"), None),
        (message("DownloadClientStatusCheck", "Error"), Ailment.CLIENTS_DOWN),
        (message("DownloadClientStatusCheck"), None),
        (message("remotePathMappingCheck"), Ailment.PATH_UNSEEN),
        (message("UpdateCheck", "error"), None),
        (message("RootFolderCheck", "error"), None),
    ],
)
def test_what_a_complaint_means(found: HealthMessage, ailment: Ailment | None) -> None:
    """Some of it is nobody's concern; one of several indexers or clients may be down."""
    assert ailment_of(found) is ailment


@pytest.mark.parametrize(
    ("texts", "block"),
    [
        (["Not enough free space"], Block.NO_SPACE),
        (
            ["[/x] is not a valid local path. You may need a Remote Path Mapping."],
            Block.PATH_UNSEEN,
        ),
        (["Path does not exist or is not accessible by Radarr: /x"], Block.PATH_UNSEEN),
        (["No files found are eligible for import in /x"], Block.NO_FILES),
        (["Sample", "No files found are eligible", "NOT ENOUGH FREE SPACE"], Block.NO_SPACE),
        (["Not an upgrade for existing movie file(s)"], None),
        ([], None),
    ],
)
def test_what_blocks_an_import(texts: list[str], block: Block | None) -> None:
    """Of several reasons the one that a person can mend."""
    assert block_of(texts) is block


async def test_health_is_read_rarely_and_only_while_somebody_waits(house: House) -> None:
    """Nothing is asked without requests; then once in five minutes, and nothing new is told."""
    await house.settle()
    assert house.sim.calls[HEALTH] == 0
    await waiting(house)
    counts = []
    for _ in range(6):
        assert await later(house, 1) == []
        counts.append(house.sim.calls[HEALTH])
    assert counts == [0, 0, 0, 0, 1, 1]
    title = house.sim.world.title("movie", 949)
    assert title is not None
    entry = house.sim.radarr.find(title)
    assert entry is not None
    house.sim.radarr.import_file(entry)
    await house.settle()
    house.sim.calls.clear()
    await later(house, 30)
    assert house.sim.calls[HEALTH] == 0


async def test_a_folder_that_is_gone(house: House) -> None:
    """Radarr says which folder it cannot reach; that is told once, and taken back."""
    await waiting(house)
    house.sim.radarr.disposal.lost[FILMS] = "missing"
    gone = Health(complaints=(Complaint(ailment=Ailment.FOLDER_MISSING, detail=FILMS),))
    assert await later(house) == [gone]
    assert why(house) == "folder_missing"
    assert await later(house) == []
    house.forget(house.radarr)
    assert await later(house) == [gone]
    del house.sim.radarr.disposal.lost[FILMS]
    assert await later(house) == [Health()]
    assert why(house) == "searching"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"Missing root folder: {FILMS}", "folder_missing"),
        (f"Multiple root folders are missing: /other | {FILMS}/ | /more", "folder_missing"),
        (f"Missing root folder: {FILMS}-4k", "searching"),
        ("Missing root folder: /data/media", "searching"),
    ],
)
async def test_a_folder_that_is_not_set_up_any_more(house: House, text: str, code: str) -> None:
    """Only Radarr's complaint tells; of other folders it is nobody's concern."""
    await waiting(house)
    house.sim.radarr.health(text, kind="RootFolderCheck", level="error")
    await later(house)
    assert why(house) == code


async def test_a_profile_that_is_gone(house: House) -> None:
    """A list without any profile proves nothing."""
    await waiting(house)
    house.sim.radarr.profile_ids = []
    assert await later(house) == []
    house.sim.radarr.profile_ids = [7]
    gone = Health(complaints=(Complaint(ailment=Ailment.PROFILE_MISSING),))
    assert await later(house) == [gone]
    assert why(house) == "profile_missing"
    house.sim.radarr.profile_ids = [7, 4]
    assert await later(house) == [Health()]


async def test_complaints_that_a_push_announces_are_read_at_once(house: House) -> None:
    """Nobody has to wait five minutes for what Radarr tells."""
    await waiting(house)
    await later(house)
    house.sim.radarr.health("No indexer", kind="IndexerSearchCheck")
    assert await later(house, 1) == []
    told: JsonObject = {"eventType": "Health", "type": "IndexerSearchCheck"}
    house.radarr.translate(told, house.now)
    complaint = Complaint(ailment=Ailment.NO_INDEXER, detail="No indexer")
    assert await later(house, 1) == [Health(complaints=(complaint,))]
    assert why(house) == "no_indexer"
    house.sim.radarr.health_restored()
    house.radarr.translate(told | {"eventType": "HealthRestored"}, house.now)
    assert await later(house, 1) == [Health()]


async def test_what_cannot_be_read_stays_as_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The survey is none the worse for it."""
    await waiting(house)
    house.sim.radarr.health("No indexer", kind="IndexerSearchCheck")
    await later(house)
    house.sim.radarr.health_restored()

    async def fail(client: RadarrClient) -> list[HealthMessage]:
        raise ClientError("it does not say")

    with monkeypatch.context() as patched:
        patched.setattr(RadarrClient, "health", fail)
        assert await later(house) == []
        assert why(house) == "no_indexer"
    await later(house)
    assert why(house) == "searching"


async def test_what_was_never_read_is_not_said_to_be_well(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown is not healthy: what the journal remembers of it stays."""

    async def fail(client: RadarrClient) -> frozenset[int]:
        raise ClientError("it does not say")

    with monkeypatch.context() as patched:
        patched.setattr(RadarrClient, "profiles", fail)
        await waiting(house)
        assert await later(house) == []
    assert await later(house) == [Health()]


async def test_the_path_that_radarr_does_not_see(house: House) -> None:
    """The queue says that there is nothing, its health says why."""
    await waiting(house)
    radarr = house.sim.radarr
    title = house.sim.world.title("movie", 949)
    assert title is not None
    entry = radarr.find(title)
    assert entry is not None
    download = radarr.grab(entry)
    radarr.complete(download)
    radarr.warn(download, "No files found are eligible for import in /downloads/heat")
    await later(house)
    assert why(house) == "import_blocked"
    radarr.health("qBittorrent places files in /downloads", kind="RemotePathMappingCheck")
    await later(house)
    assert why(house) == "path_not_visible"
    radarr.warn(download, "[C:\\x] is not a valid local path. You may need a Remote Path Mapping.")
    radarr.health_restored()
    await later(house)
    assert why(house) == "path_not_visible"
    radarr.warn(download, "Not enough free space")
    await later(house)
    assert why(house) == "no_space"
