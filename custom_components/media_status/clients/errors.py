"""What can go wrong when a service is asked; every text is safe to show and to log."""

from typing import override


class ClientError(Exception):
    """Base of everything a client raises; its text never holds a key, header, query or body."""


class BadAddress(ClientError):
    """The address is not one that can be called."""


class AuthError(ClientError):
    """The service does not accept the key or the sign-in."""

    def __init__(self, text: str = "the key was not accepted", *, banned: bool = False) -> None:
        """Remember whether the service shut us out for a while instead of judging the key."""
        super().__init__(text)
        self.banned = banned


class Forbidden(ClientError):
    """The key is good but may not do this (missing right, CSRF or Host header protection)."""


class NotFound(ClientError):
    """The service does not know what was asked for."""


class RateLimited(ClientError):
    """The service asks for fewer calls."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("too many requests")


class Unreachable(ClientError):
    """No answer: name not found, refused, cut off or too slow."""


class TlsError(Unreachable):
    """The secure connection could not be made (certificate or protocol)."""


class BadAnswer(ClientError):
    """An answer that cannot be used: wrong shape, incomplete, too large, or a redirect."""


class Redirected(BadAnswer):
    """The address leads to another one, which is not followed with a key in hand."""


class NotJson(BadAnswer):
    """The answer is not JSON, typically a web page."""


class WrongService(ClientError):
    """Something answers there, but it is another program."""


class TooOld(ClientError):
    """The service is older than what this integration speaks to."""

    def __init__(self, version: str) -> None:
        """Keep the version that was found."""
        super().__init__(f"version {version} is too old")
        self.version = version


class ServerBusy(ClientError):
    """The service is starting up or overloaded."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the service is starting or busy")


class Refused(ClientError):
    """The service understood and said no (or failed inside); carries its cleaned message."""

    def __init__(self, status: int, message: str = "") -> None:
        """Keep the HTTP status and the one-line message."""
        super().__init__(status, message)
        self.status = status
        self.message = message

    @override
    def __str__(self) -> str:
        """Return the message with its status."""
        return f"{self.message or 'the service refused'} ({self.status})"


class ReadOnly(ClientError):
    """This call would change something, and nothing shall be changed now."""


class NotPermitted(ClientError):
    """A removal without a permit, or one that the permit does not cover; nothing was sent."""


class RootFolderTrouble(Refused):
    """Radarr or Sonarr deletes no file while the root folder is missing or empty (409)."""


class UnsafeId(ClientError):
    """An id that could hit more than one thing (blank, `all`, lists, path pieces)."""
