"""What the network did, in the contract's words. Library texts are dropped: they quote headers."""

import ssl

from varlor.errors import SourceError


def unconnected(error: Exception) -> SourceError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return SourceError("tls", f"The server's certificate is not valid: {error.verify_message}.")
    if isinstance(error, ssl.SSLError):
        return SourceError("tls", "The TLS handshake failed.")
    return SourceError("unreachable", "The host does not answer.")


def unproxied() -> SourceError:
    return SourceError("unreachable", "The egress proxy refused the connection.")


def unanswered() -> SourceError:
    return SourceError("unreachable", "The host closed the connection without an answer.")


def cut() -> SourceError:
    return SourceError("truncated", "The connection ended in the middle of the answer.")


def no_http() -> SourceError:
    return SourceError("server_error", "The host does not answer in HTTP/1.1.")


def large_head() -> SourceError:
    return SourceError(
        "too_large", "The answer's headers, or what it sends instead of a body, are too large."
    )
