"""Pictures of the public hosts: which addresses are theirs, and whom they are taken from."""

from pathlib import Path

import pytest

from custom_components.media_status.clients.errors import BadAddress, TlsError
from custom_components.media_status.clients.pictures import PublicPictures, public_address

from ..poster_house import JPEG, Upstream, client_context


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("https://image.tmdb.org/t/p/original/a.jpg", True),
        ("https://artworks.thetvdb.com/banners/v4/series/1/posters/5f.jpg", True),
        ("http://image.tmdb.org/t/p/original/a.jpg", False),
        ("https://image.tmdb.org:444/t/p/original/a.jpg", False),
        ("https://user@image.tmdb.org/t/p/original/a.jpg", False),
        ("https://image.tmdb.org.evil.example/a.jpg", False),
        ("https://evil.example/image.tmdb.org/a.jpg", False),
        ("https://image.tmdb.org/a.jpg?next=http://10.0.0.1", False),
        ("https://image.tmdb.org/../a.jpg/", False),
        ("https://image.tmdb.org/t/p%2f..%2fa.jpg", False),
        ("https://image.tmdb.org//10.0.0.1/a.jpg", False),
        ("https://image.tmdb.org/a.svg", False),
        ("https://[broken/a.jpg", False),
        ("file:///etc/passwd.jpg", False),
        ("", False),
    ],
)
def test_public_means_these_two_hosts(address: str, is_public: bool) -> None:
    """Whatever a service or a push calls a poster: only pictures of two hosts are fetched."""
    assert (public_address(address) is not None) is is_public


async def test_any_other_address_is_refused(socket_enabled: None, tmp_path: Path) -> None:
    """The client itself asks no other host, whoever calls it."""
    upstream = Upstream()
    async with upstream.running(tmp_path) as session:
        with pytest.raises(BadAddress):
            await PublicPictures(session).picture("https://radarr.lan/t/p/original/a.jpg", 160)
    assert not upstream.asked


async def test_the_width_is_the_next_one_that_the_host_has(
    socket_enabled: None, tmp_path: Path
) -> None:
    """A poster in its original size would be too large, and mostly for nothing."""
    upstream = Upstream()
    for path in ("/t/p/w185/a.jpg", "/t/p/w500/a.jpg", "/t/p/w780/a.jpg", "/banners/a.jpg"):
        upstream.give(upstream.public, path, JPEG + path.encode())
    async with upstream.running(tmp_path) as session:
        pictures = PublicPictures(session)
        for width, taken in ((160, "w185"), (185, "w185"), (500, "w500"), (9000, "w780")):
            picture = await pictures.picture("https://image.tmdb.org/t/p/original/a.jpg", width)
            assert picture.data == JPEG + f"/t/p/{taken}/a.jpg".encode()
        other = await pictures.picture("https://artworks.thetvdb.com/banners/a.jpg", 160)
    assert other.data == JPEG + b"/banners/a.jpg"


async def test_who_cannot_show_the_certificate_is_not_asked(
    socket_enabled: None, tmp_path: Path
) -> None:
    """A public name that leads into the household's network finds nobody to talk to there."""
    upstream = Upstream()
    upstream.give(upstream.public, "/t/p/w185/a.jpg")
    async with upstream.running(tmp_path), upstream.session(client_context()) as session:
        with pytest.raises(TlsError):
            await PublicPictures(session).picture("https://image.tmdb.org/t/p/original/a.jpg", 160)
    assert not upstream.asked
