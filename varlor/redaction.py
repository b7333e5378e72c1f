"""Takes secrets out of what people and logs get to see. Imports nothing of ours."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import quote, quote_plus, unquote_plus

MASK: Final = "***"
MAX_TEXT: Final = 2_000  # characters
_WINDOW: Final = 8  # how many times the shown length is searched
_SHORTEST: Final = 4  # characters; a shorter secret would only shred the text
_DEEPEST: Final = 8

_WORDS = re.compile(
    r"access(key|token)|api(key|token)|app(id|key)|assertion|auth(key|token)?|authorization|bearer"
    r"|clientsecret|cookie|credentials?|hapikey|idtoken|jwt|pass|passphrase|passwd|password|privatekey"
    r"|pwd|refreshtoken|secret(key)?|secrets|sessionid|sig|signature|token|verifier"
)
_ORDINARY_KEYS = re.compile(
    "cache|foreign|group|idempotency|index|lock|merge|message|object|partition|primary|public|routing|row|sort"
    "|surrogate|unique"
)
_SECRET_CODES: Final = frozenset({"access", "auth", "authorization", "verification"})
_NO_TOKENS: Final = frozenset(
    {"page", "next", "continuation", "cursor", "sync"}
)  # positions, not credentials
_IN_URLS: Final = frozenset(
    {"code", "key", "nonce", "sid", "state"}
)  # secret there, ordinary words elsewhere
_SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")

_SCHEME = re.compile(
    r"\b((?i:bearer|dpop)|(?i:basic|token)(?=(?:\s|%20|\+)+\S*[A-Z0-9]))(\s|%20|\+)+[A-Za-z0-9._~+/%=-]{6,}"
)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_.-]*")
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^\s/?#\"'<>]*@", re.IGNORECASE)
_PAIR = re.compile(r"(?<![\w.%-])([\w.%-]{2,64})=([^&\s\"'<>,;]+)")
_SUSPECT = re.compile(r"""[\s%+@="']|eyJ""")
"""What each of the patterns needs: most of a log's values have none of it."""
_FIELD = re.compile(r"""(?<!\\)(\\{0,9}["'])([\w.-]{2,64})\1\s{0,9}[:=]\s{0,9}(\\{0,9}["'])""")


@lru_cache(maxsize=4096)
def is_sensitive(name: str) -> bool:
    """Whether a field, header or parameter of this name looks like it holds a secret."""
    words = [word.lower() for word in _SPLIT.split(name) if word]
    if not words:
        return False
    *before, last = words
    previous = before[-1] if before else ""
    if last == "token":
        return previous not in _NO_TOKENS
    if last in ("key", "keys"):
        return bool(previous) and _ORDINARY_KEYS.fullmatch(previous) is None
    if last == "code":
        return previous in _SECRET_CODES
    return _WORDS.fullmatch(last) is not None or (previous, last) == ("session", "id")


def redact_url(url: str, names: Iterable[str] = ()) -> str:
    """`url` without its user, and without the values of parameters in `names` or named like a secret."""
    explicit = frozenset(name.lower() for name in names)
    parts = re.split(r"([?#&])", url)
    shown = parts[0] + "".join(
        separator + _redact_parameter(pair, explicit)
        for separator, pair in zip(parts[1::2], parts[2::2], strict=True)
    )
    return _JWT.sub(MASK, _USERINFO.sub(rf"\1{MASK}@", shown))


def _redact_parameter(pair: str, explicit: frozenset[str]) -> str:
    name, equals, _ = pair.partition("=")
    plain = unquote_plus(name)
    lower = plain.lower()
    secret = lower in explicit or lower in _IN_URLS or is_sensitive(plain)
    return f"{name}={MASK}" if equals and secret else pair


def redact_headers(headers: Mapping[str, str], names: Iterable[str] = ()) -> dict[str, str]:
    """The headers with the values of `names`, of credentials and of cookies masked."""
    explicit = frozenset(name.lower() for name in names)
    return {
        name: MASK if name.lower() in explicit or is_sensitive(name) else _redact_patterns(value)
        for name, value in headers.items()
    }


def redact_text(text: str, secrets: Iterable[str] = (), limit: int = MAX_TEXT) -> str:
    """At most `limit` characters of `text`, without what looks like a secret and without `secrets`.

    Those are found plain, escaped for URLs or JSON, and in base64.
    """
    forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
    window = text[: limit * _WINDOW]
    shown = re.sub("|".join(map(_pattern, forms)), MASK, window) if forms else window
    if forms and len(window) < len(text):  # the window may end inside a secret
        shown = shown[: -len(forms[0])]
    shown = _redact_patterns(shown)
    return shown if len(shown) <= limit else shown[:limit] + "…"


def _forms(secret: str) -> Iterator[str]:
    """Every spelling of a secret that an answer may give back."""
    if len(secret) < _SHORTEST:
        return
    yield from (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield from _base64_forms(secret.encode())


def _pattern(form: str) -> str:
    return re.sub("%[0-9A-F]{2}", r"(?i:\g<0>)", re.escape(form))  # %2F is %2f


def _base64_forms(secret: bytes) -> Iterator[str]:
    """The characters that only the secret decides, at each of its three alignments within other bytes."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret).decode()
        core = encoded[(shift * 8 + 5) // 6 : (shift + len(secret)) * 8 // 6]
        if len(core) >= _SHORTEST:
            yield core
            yield core.translate(str.maketrans("+/", "-_"))


def _redact_patterns(text: str) -> str:
    if _SUSPECT.search(text) is None:
        return text
    shown = _SCHEME.sub(rf"\1 {MASK}", text)
    shown = _USERINFO.sub(rf"\1{MASK}@", _JWT.sub(MASK, shown))
    return _mask_fields(_PAIR.sub(_mask_pair, shown))


def _mask_pair(pair: re.Match[str]) -> str:
    return f"{pair[1]}={MASK}" if is_sensitive(unquote_plus(pair[1])) else pair[0]


def _mask_fields(text: str) -> str:
    """Mask the values of sensitive fields in JSON, even cut short, or inside another JSON string."""
    shown: list[str] = []
    at = 0
    for field in _FIELD.finditer(text):
        if field.start() >= at and is_sensitive(field[2]):
            shown += text[at : field.end()], MASK
            at = _closing(text, field[3], field.end())
    return "".join((*shown, text[at:]))


def _closing(text: str, quote_mark: str, start: int) -> int:
    end = text.find(quote_mark, start)
    while end > start and text[end - 1] == "\\":
        end = text.find(quote_mark, end + 1)
    return len(text) if end < 0 else end


def redact_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: masks by name at any depth and by pattern in text; put it last but one."""
    for name, value in event.items():
        event[name] = _redact_value(name, value, _DEEPEST)
    return event


def _redact_value(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if is_sensitive(name) or depth == 0:
        return MASK
    if isinstance(value, str | bytes):
        return _redact_patterns(value if isinstance(value, str) else value.decode("latin-1"))
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {key: _redact_value(str(key), item, depth - 1) for key, item in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact_value("", item, depth - 1) for item in cast("Iterable[object]", value)]
    return value
