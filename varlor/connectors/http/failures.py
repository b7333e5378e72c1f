"""What the network did, in the contract's words. Library texts are dropped: they quote headers."""

import ssl

import httpcore2

from varlor.errors import SourceError

NETWORK_ERRORS = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
    OSError,
)


def translate(error: Exception, *, answered: bool) -> SourceError:
    """`answered`: the answer's headers had arrived."""
    if answered:
        return SourceError("truncated", "The connection ended in the middle of the answer.")
    if isinstance(error, httpcore2.LocalProtocolError):
        return SourceError("bad_request", "The request holds a method or header that HTTP does not allow.")
    if isinstance(error, httpcore2.RemoteProtocolError):
        return _misspoken(error)
    if isinstance(error, httpcore2.ProxyError):
        return SourceError("unreachable", "The egress proxy refused the connection.")
    return _unconnected(error)


def _unconnected(error: Exception) -> SourceError:
    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceError("tls", f"The server's certificate is not valid: {cause.verify_message}.")
    if isinstance(cause, ssl.SSLError):
        return SourceError("tls", "The TLS handshake failed.")
    return SourceError("unreachable", "The host does not answer.")


def _misspoken(error: httpcore2.RemoteProtocolError) -> SourceError:
    cause = error.args[0] if error.args else None
    if isinstance(cause, str):
        return SourceError("unreachable", "The host closed the connection without an answer.")
    if getattr(cause, "error_status_hint", 0) == 431:  # noqa: PLR2004 - h11's word for headers beyond its cap
        return SourceError("too_large", "The answer's headers are too large.")
    return SourceError("server_error", "The host does not answer in HTTP/1.1.")
