"""Name what went wrong with a service, once for forms, states and reports."""

from typing import Final

from .clients.errors import (
    AuthError,
    BadAddress,
    BadAnswer,
    ClientError,
    Forbidden,
    NotFound,
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


def error_key(err: ClientError) -> str:
    """Return the translation key of what went wrong."""
    if isinstance(err, AuthError) and err.banned:
        return "banned"
    return next((key for kind, key in _ERRORS if isinstance(err, kind)), "unknown")
