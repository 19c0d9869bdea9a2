"""Name what went wrong with a service, once for forms, states and reports."""

from typing import Final

from .clients.errors import (
    AuthError,
    BadAddress,
    BadAnswer,
    ClientError,
    Forbidden,
    NotFound,
    NotJson,
    RateLimited,
    Redirected,
    Refused,
    ServerBusy,
    TlsError,
    TooOld,
    Unreachable,
    WrongService,
)

# The first that fits decides, so subclasses stand before their bases.
_ERRORS: Final[tuple[tuple[type[ClientError], str], ...]] = (
    (AuthError, "invalid_auth"),
    (Forbidden, "forbidden"),
    (TlsError, "tls_error"),
    (Unreachable, "cannot_connect"),
    (ServerBusy, "busy"),
    (RateLimited, "busy"),
    (TooOld, "too_old"),
    (Redirected, "redirected"),
    (WrongService, "wrong_service"),
    (NotFound, "wrong_service"),
    (BadAnswer, "wrong_service"),
    (BadAddress, "invalid_url"),
    (Refused, "refused"),
)


# What was a service yesterday is still that one; what it says cannot be used at this moment.
_WRONG_SHAPE: Final = "bad_answer"


def survey_error_key(err: ClientError) -> str:
    """Return the key of what went wrong with a service that was set up before.

    Its lists may keep changing while they are read, or be larger or other than we know.
    """
    if isinstance(err, BadAnswer) and not isinstance(err, NotJson | Redirected):
        return _WRONG_SHAPE
    return error_key(err)


def error_key(err: ClientError) -> str:
    """Return the translation key of what went wrong."""
    if isinstance(err, AuthError) and err.banned:
        return "banned"
    return next((key for kind, key in _ERRORS if isinstance(err, kind)), "unknown")
