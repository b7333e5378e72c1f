from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from varlor.connectors.http import check_url, join_url
from varlor.connectors.http.url import parse
from varlor.errors import InvalidInputError


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://api.example.com", "https://api.example.com/"),
        ("HTTPS://API.Example.COM:443/v1?x=1", "https://api.example.com/v1?x=1"),
        ("http://example.com.:8080/", "http://example.com:8080/"),
        ("https://münchen.example/straße?q=ü b", "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%BC%20b"),
        ("http://[2001:DB8:0::1]:80/a", "http://[2001:db8::1]/a"),
        ("http://192.0.2.1/a%2Fb", "http://192.0.2.1/a%2Fb"),
        ("https://a_b.example/x//y", "https://a_b.example/x//y"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),  # an ideographic full stop is a dot to IDNA
    ],
)
def test_a_url_gets_one_spelling(url: str, normal: str) -> None:
    assert check_url(url) == normal
    assert check_url(normal) == normal


REFUSED = [
    "", "example.com", "//example.com/", "ftp://h/", "file:///etc/passwd", "gopher://h/",
    "javascript:alert(1)", "unix:///run/x.sock", "data:text/plain,x", "http://", "http:///path", "http:/h/",
    "http:h", "http://:80/", "http://user@h/", "http://user:pw@h/", "http://a@b@h/", "http://good\\@evil/",
    "http://good%5C@evil/", "http://good%2F@evil/", "http://good#@evil/", "http://h\t/", "http://h\n/",
    "http://h/\0", "http:// h/", "http://h\r\nX: y/", "http:\\\\h\\", "http://h\\.evil/", "http://h:0/",
    "http://h:65536/", "http://h:-1/", "http://h:8o/", "http://h:٨٠/", "http://h:/",
    "http://%31%32%37.0.0.1/", "http://h%00.evil/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/",
    "http://[::1", "http://::1/", "http://[1.2.3.4]x/", "http://2130706433/", "http://0x7f.1/",
    "http://0177.0.0.1/", "http://127.1/", "http://0/", "http://0x7f000001/", "http://127.0.0.1.2/",
    "http://256.1.1.1/", "http://127.0.0.0x1/", "http://1.2.3.08/", "http://0x/", "http://１２７.0.0.1/",  # noqa: RUF001 - full-width digits are the point
    "http://①②⑦.0.0.1/", "http://h..example/", "http://.h/", "http://-h/", "http://h,i/",
    "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/", "http://h/../x",
    "http://h/a/%2e%2E/b", "http://h/" + "x" * 20_000, "https://h/#fragment",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_anything_but_a_plain_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_url(url)
    assert caught.value.detail.endswith(".")


def test_the_refusal_names_the_remedy_and_not_the_password() -> None:
    with pytest.raises(InvalidInputError, match="credential") as caught:
        check_url("https://bob:hunter2@api.example.com/")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=40), st.sampled_from(["http://", "https://", "http:/", ""]))
@example("a@b", "http://")
@example("good\\@evil", "http://")
def test_what_is_accepted_reads_the_same_to_everybody(rest: str, start: str) -> None:
    try:
        normal = check_url(start + rest)
    except InvalidInputError:
        return
    assert check_url(normal) == normal
    other = urlsplit(normal)
    target = parse(normal)
    assert (other.scheme, other.hostname) == (target.scheme, target.host)
    assert other.username is None
    assert normal.isascii()
    assert normal.isprintable()


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_no_number_passes_for_an_address(number: int, form: str) -> None:
    with pytest.raises(InvalidInputError):
        check_url(f"http://{form.format(number)}/")


@pytest.mark.parametrize(
    ("base", "path", "joined"),
    [
        ("https://h/v1", "/items", "https://h/v1/items"),
        ("https://h/v1/", "items?a=1", "https://h/v1/items?a=1"),
        ("https://h/v1?tenant=t", "items?a=1", "https://h/v1/items?tenant=t&a=1"),
        ("https://h", "", "https://h/"),
        ("https://h/graphql", "", "https://h/graphql"),
        ("https://h", "@evil.example/x", "https://h/@evil.example/x"),
        ("https://h", ":80@evil/", "https://h/:80@evil/"),
        ("https://h", "search?next=https://other/", "https://h/search?next=https://other/"),
        ("https://h/a", "v1/items:search", "https://h/a/v1/items:search"),
    ],
)
def test_a_path_goes_below_the_base(base: str, path: str, joined: str) -> None:
    assert join_url(base, path) == joined


@pytest.mark.parametrize(
    "path",
    [
        "//evil/",
        "https://evil/",
        "../x",
        "a/../../x",
        "a/%2e%2e/x",
        "\\\\evil",
        "/\\evil",
        "a\r\nb",
        "a#b",
        "..",
        "a/..",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(InvalidInputError):
        join_url("https://h/v1", path)
