import socket

import pytest

from varlor.connectors.http import EgressPolicy
from varlor.errors import InvalidInputError, SourceError
from varlor.settings import Settings

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255",
    "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2606:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "2001:200::1",
]  # fmt: skip
REFUSED = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
    "100.100.100.200", "127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254",
    "169.254.170.2", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255", "::",
    "::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "100::1", "2001::1", "2001:db8::1", "2001:10::1", "3fff::1", "5f00::1", "4000::1", "2620:4f:8000::1",
    "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:100.64.0.1", "::ffff:0:8.8.8.8",
    "64:ff9b::a9fe:a9fe", "64:ff9b::127.0.0.1", "64:ff9b:1::8.8.8.8", "64:ff9b:1:7f00:0:100::",
    "2002:a9fe:a9fe::1", "2002:808:808::1", "2001:0:808:808:0:0:80ff:fffe", "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:127.0.0.1",
]  # fmt: skip


def passes(policy: EgressPolicy, host: str, port: int, *addresses: str, own: tuple[str, ...] = ()) -> bool:
    try:
        policy.judge(host, port, addresses, own)
    except SourceError:
        return False
    return True


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_open(address: str) -> None:
    assert passes(EgressPolicy(), "api.example.com", 443, address)


@pytest.mark.parametrize("address", REFUSED)
def test_every_other_address_is_closed(address: str) -> None:
    assert not passes(EgressPolicy(), "api.example.com", 443, address)


def test_one_bad_address_refuses_the_host_and_so_does_none() -> None:
    assert not passes(EgressPolicy(), "api.example.com", 443, "8.8.8.8", "10.0.0.1", "1.1.1.1")
    assert not passes(EgressPolicy(), "api.example.com", 443)


@pytest.mark.parametrize(
    ("entry", "port", "addresses", "expected"),
    [
        ("10.1.2.3", 80, ["10.1.2.3"], True),
        ("10.1.2.3", 80, ["10.1.2.4"], False),
        ("10.1.2.3:8080", 8080, ["10.1.2.3"], True),
        ("10.1.2.3:8080", 8081, ["10.1.2.3"], False),
        ("10.0.0.0/8", 80, ["10.9.9.9", "10.1.1.1"], True),
        ("10.0.0.0/8", 80, ["10.9.9.9", "192.168.0.1"], False),
        ("10.0.0.0/8:443", 443, ["10.9.9.9"], True),
        ("10.0.0.0/8:443", 80, ["10.9.9.9"], False),
        ("10.0.0.0/8", 80, ["::ffff:10.9.9.9"], True),
        ("fd00::/8", 80, ["fd12::1"], True),
        ("[fd00::1]:8080", 8080, ["fd00::1"], True),
        ("[fd00::1]:8080", 80, ["fd00::1"], False),
        ("[fd00::]/8:8080", 8080, ["fd00::2"], True),
        ("[fd00::/8]:8080", 8080, ["fd00::2"], True),
        ("crm.corp.example", 80, ["10.9.9.9"], True),
        ("CRM.corp.example.:8443", 8443, ["10.9.9.9"], True),
        ("crm.corp.example:8443", 80, ["10.9.9.9"], False),
        ("corp.example", 80, ["10.9.9.9"], False),
    ],
)
def test_the_operator_opens_exactly_what_is_named(
    entry: str, port: int, addresses: list[str], expected: bool
) -> None:
    assert passes(EgressPolicy([entry]), "crm.corp.example", port, *addresses) is expected


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/33", "h:0", "h:65536", "h:x", "2130706433", "a b", "http://h/", "[::1"]
)
def test_an_entry_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(InvalidInputError, match="VARLOR_EGRESS_ALLOW"):
        EgressPolicy([entry])


EVERYTHING = ("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "::127.0.0.1"],
)
def test_our_own_ports_stay_closed_whatever_is_allowed(address: str) -> None:
    for own in ("127.0.0.1", "localhost", "0.0.0.0", "::1"):
        policy = EgressPolicy([*EVERYTHING, "crm.corp.example", "localhost"], [(own, 6379)])
        assert not passes(policy, "crm.corp.example", 6379, address)
        assert passes(policy, "crm.corp.example", 6380, address)


def test_an_own_port_is_closed_on_our_interfaces_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells which interface would
        ours = probe.getsockname()[0]
    policy = EgressPolicy(EVERYTHING, [("127.0.0.1", 6379)])
    assert not passes(policy, "h.example", 6379, ours)
    assert passes(policy, "h.example", 6379, "10.255.255.254")


def test_an_own_part_elsewhere_is_closed_by_name_and_by_address() -> None:
    policy = EgressPolicy([*EVERYTHING, "db.internal"], [("db.internal", 5432), ("10.0.0.7", 7233)])
    assert not passes(policy, "db.internal", 5432, "10.0.0.5")
    assert not passes(policy, "alias.example", 5432, "10.0.0.5", own=("10.0.0.5",))
    assert not passes(policy, "alias.example", 7233, "10.0.0.7")
    assert passes(policy, "db.internal", 80, "10.0.0.5")
    for address in ("10.0.0.5", "1.1.1.1"):  # a public one too: nobody shares it at that port
        assert list(policy.own_names(5432, [address])) == ["db.internal"]


def test_a_public_address_that_our_api_shares_with_others_stays_open() -> None:
    policy = EgressPolicy(own=[("varlor.example.com", 443)])
    assert not policy.own_names(443, ["1.1.1.1"])
    assert passes(policy, "other.example.com", 443, "1.1.1.1")
    assert not passes(policy, "varlor.example.com", 443, "1.1.1.1")


def test_the_settings_name_our_own_parts() -> None:
    policy = EgressPolicy.from_settings(
        Settings(
            egress_allow=("127.0.0.0/8", "10.0.0.0/8", "cache", "api.example.com"),
            database_url="postgresql+psycopg://u:p@10.0.0.1,10.0.0.2:5433/v?host=10.0.0.3:5434",
            redis_url="rediss://:pw@cache:6390/0",
            temporal_address="10.0.0.4:7233",
            temporal_http_port=7243,
            temporal_ui_url="http://10.0.0.4:8233",
            public_url="https://api.example.com",
            host="0.0.0.0",
            port=8000,
            metrics_port=9100,
            data_options={"aws_endpoint_url": "http://10.0.0.6:9000"},
            egress_proxy_url="http://10.0.0.8:3128",
        )
    )
    closed = [
        ("10.0.0.1", 5432), ("10.0.0.2", 5433), ("10.0.0.3", 5434), ("cache", 6390), ("10.0.0.4", 7233),
        ("10.0.0.4", 7243), ("10.0.0.4", 8233), ("api.example.com", 443), ("127.0.0.1", 8000),
        ("127.0.0.1", 9100), ("10.0.0.6", 9000), ("10.0.0.8", 3128),
    ]  # fmt: skip
    for host, port in closed:
        address = host if host[0].isdigit() else "10.0.9.9"
        assert not passes(policy, host, port, address), (host, port)
        assert passes(policy, host, port + 1, address), (host, port)


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/", "http://localhost/", "http://LOCALHOST.:80/x", "http://app.localhost/", "http://[::1]/",
     "http://169.254.169.254/latest", "http://[::ffff:a9fe:a9fe]/", "http://127.0.0.1:9000/"],
)  # fmt: skip
def test_a_private_destination_cannot_be_saved(url: str) -> None:
    with pytest.raises(InvalidInputError, match="VARLOR_EGRESS_ALLOW"):
        EgressPolicy(["10.0.0.1:8080"]).check_saved(url)


def test_an_allowed_destination_can_be_saved_and_an_own_part_cannot() -> None:
    policy = EgressPolicy(["127.0.0.1", "localhost"], [("localhost", 6379), ("db.internal", 5432)])
    assert policy.check_saved("http://127.0.0.1:9000") == "http://127.0.0.1:9000/"
    assert policy.check_saved("http://localhost:9000/v1") == "http://localhost:9000/v1"
    assert policy.check_saved("https://internal.example/") == "https://internal.example/"
    for url in ("http://127.0.0.1:6379", "http://localhost:6379/", "http://db.internal:5432/"):
        with pytest.raises(InvalidInputError, match="always stay closed"):
            policy.check_saved(url)
