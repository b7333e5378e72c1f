"""Seeded records, made once and kept as JSON too, so that a page costs no encoding."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import orjson

Record = dict[str, Any]

_USERS, _ORDERS, _EVENTS = 2_000, 8_000, 12_000
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST = [
    "Ana",
    "Bo",
    "Chloé",
    "Dmitri",
    "Elif",
    "Farah",
    "Günther",
    "Hana",
    "Ikaika",
    "Jun",
    "Søren",
    "Łucja",
]
_LAST = ["Abe", "Brandt", "Costa", "Dubois", "Eriksen", "Ferreira", "García", "Ōno", "Nguyễn", "Şahin"]
_STREETS = ["Harbour Road", "Rue Pasteur", "Lindenstraße", "Calle Mayor", "Mill Lane", "Via Roma"]
_CITIES = [
    ("Lisboa", "PT", "1100-{:03}"),
    ("Köln", "DE", "50{:03}"),
    ("Lyon", "FR", "69{:03}"),
    ("Osaka", "JP", "530-0{:03}"),
    ("Kraków", "PL", "30-{:03}"),
    ("Austin", "US", "78{:03}"),
]
_GOODS = [
    ("KETTLE", "Enamel kettle", 39.9),
    ("LAMP", "Desk lamp", 54.5),
    ("MUG", "Mug, 300 ml", 9.0),
    ("RUG", "Wool rug", 129.0),
    ("CHAIR", "Café chair", 84.25),
    ("SHELF", "Oak shelf", 61.75),
]
_STATUSES = ["pending", "paid", "shipped", "delivered", "delivered", "cancelled"]
_NOTES = [
    None,
    None,
    None,
    "Leave at the door",
    "Fragile: bitte klingeln",
    "ギフト包装 🎁",
    'Say "hi"\nto the cat',
]
_TAGS = ["vip", "newsletter", "b2b", "trial"]
_EVENT_TYPES = ["page_viewed", "product_searched", "order_placed", "signed_out"]


@dataclass(frozen=True, slots=True)
class Collection:
    """Records in ascending order of `id`, each also as JSON bytes."""

    name: str
    records: list[Record]
    encoded: list[bytes]

    @classmethod
    def of(cls, name: str, records: Iterable[Record]) -> "Collection":
        rows = list(records)
        return cls(name, rows, [orjson.dumps(row) for row in rows])

    def where(self, keep: Callable[[Record], bool]) -> "Collection":
        kept = [place for place, row in enumerate(self.records) if keep(row)]
        return Collection(
            self.name, [self.records[place] for place in kept], [self.encoded[place] for place in kept]
        )

    def page(self, start: int, size: int) -> orjson.Fragment:
        """A JSON array of up to `size` records from position `start`."""
        return orjson.Fragment(b"[" + b",".join(self.encoded[start : start + size]) + b"]")

    def __len__(self) -> int:
        return len(self.encoded)


@dataclass(frozen=True, slots=True)
class SampleData:
    users: Collection
    orders: Collection
    events: Collection


def make_data(seed: int = 7, scale: float = 1) -> SampleData:
    """2,000 users, 8,000 orders and 12,000 events times `scale`; equal for equal arguments."""
    rng = Random(seed)
    users = max(1, int(_USERS * scale))
    orders = max(1, int(_ORDERS * scale))
    return SampleData(
        Collection.of("users", (_user(rng, n) for n in range(1, users + 1))),
        Collection.of("orders", (_order(rng, n, users) for n in range(1, orders + 1))),
        Collection.of("events", (_event(rng, n, users, orders) for n in _gappy(rng, int(_EVENTS * scale)))),
    )


def _gappy(rng: Random, count: int) -> Iterable[int]:
    # Ids with holes, as a table has where rows were deleted: a keyset must not count on them.
    number = 1_000
    for _ in range(max(1, count)):
        number += rng.choice((1, 1, 1, 2, 5))
        yield number


def timestamp(time: datetime) -> str:
    """As the records write it, so that texts compare as times do."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(minutes: float) -> str:
    return timestamp(_EPOCH + timedelta(minutes=minutes))


def _address(rng: Random) -> Record:
    city, country, postal = rng.choice(_CITIES)
    return {
        "street": f"{rng.choice(_STREETS)} {rng.randint(1, 240)}",
        "city": city,
        "postal_code": postal.format(rng.randint(0, 999)),
        "country": country,
    }


def _user(rng: Random, number: int) -> Record:
    joined = number * 60 + rng.random() * 60
    return {
        "id": number,
        "name": f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
        "email": f"user{number}@example.com",
        "phone": None if rng.random() < 0.3 else f"+49 30 {rng.randint(100000, 999999)}",
        "address": _address(rng),
        "tags": rng.sample(_TAGS, rng.randint(0, 2)),
        "marketing": rng.random() < 0.5,
        "created_at": _time(joined),
        "updated_at": _time(joined + rng.random() * 100_000),
    }


def _order(rng: Random, number: int, users: int) -> Record:
    lines = [_line(rng) for _ in range(rng.randint(1, 4))]
    placed = number * 30 + rng.random() * 30
    return {
        "id": number,
        "number": f"SO-{number:07}",
        "user_id": rng.randint(1, users),
        "status": rng.choice(_STATUSES),
        "currency": rng.choice(("EUR", "USD", "JPY")),
        "total": round(sum(line["quantity"] * line["unit_price"] for line in lines), 2),
        "lines": lines,
        "shipping_address": _address(rng),
        "note": rng.choice(_NOTES),
        "placed_at": _time(placed),
        "updated_at": _time(placed + rng.random() * 20_000),
    }


def _line(rng: Random) -> Record:
    sku, name, price = rng.choice(_GOODS)
    return {"sku": sku, "name": name, "quantity": rng.randint(1, 5), "unit_price": price}


def _event(rng: Random, number: int, users: int, orders: int) -> Record:
    kind = rng.choice(_EVENT_TYPES)
    properties: dict[str, Record] = {
        "page_viewed": {"page": f"/goods/{rng.choice(_GOODS)[0].lower()}"},
        "product_searched": {"query": rng.choice(_GOODS)[1]},
        "order_placed": {"order_id": rng.randint(1, orders)},
        "signed_out": {},
    }
    return {
        "id": number,
        "uid": str(UUID(int=rng.getrandbits(128), version=4)),
        "type": kind,
        "user_id": None if rng.random() < 0.1 else rng.randint(1, users),
        "properties": properties[kind],
        "occurred_at": _time(number * 7 + rng.random() * 7),
    }
