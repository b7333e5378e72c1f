"""One reading of a URL, so that nobody reads it otherwise later."""


def check_url(url: str) -> str:
    """The normalised URL; InvalidInputError names the remedy for anything but plain http(s)://host[:port]/…"""
    raise NotImplementedError


def join_url(base: str, path: str) -> str:
    """`path` below `base`, never at another host; InvalidInputError for `//host`, a scheme or `../`."""
    raise NotImplementedError
