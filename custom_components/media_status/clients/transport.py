"""What the network raises, in our words."""

import ssl

import aiohttp

from .errors import BadAddress, BadAnswer, ClientError, TlsError, Unreachable

# What a session or the network raises for a call that did not work.
TRANSPORT_ERRORS = (aiohttp.ClientError, TimeoutError, OSError, ValueError, ssl.SSLError)


def transport_error(err: BaseException) -> ClientError:
    """Return our error for what aiohttp, asyncio or the system raised; its text is ours."""
    tls = (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch, ssl.SSLError)
    if isinstance(err, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        return TlsError("the certificate is not trusted")
    if isinstance(err, tls):
        return TlsError("the secure connection failed")
    if isinstance(err, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return BadAddress("the address is not valid")
    if isinstance(err, aiohttp.ClientConnectorDNSError):
        return Unreachable("the host name is not known")
    if isinstance(err, TimeoutError):
        return Unreachable("no answer in time")
    if isinstance(err, aiohttp.ClientConnectorError):
        return Unreachable("no connection")
    if isinstance(err, aiohttp.ClientResponseError):
        return BadAnswer("the answer is not valid HTTP")
    if isinstance(err, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | OSError):
        return Unreachable("the connection was cut")
    return BadAddress("the call could not be made with this address")
