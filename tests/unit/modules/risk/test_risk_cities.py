"""A city database of the operator's: read in each width the format has, broken ones refused, and what it says of an
order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmdb import database
from sereno.modules.risk import places
from sereno.modules.risk.cities import Cities, FileInvalid
from sereno.modules.risk.facts import gather
from sereno.modules.risk.policy import checked, read, told
from sereno.modules.risk.rules import Policy, judge

LISBON: dict[str, Any] = {
    "city": {"names": {"en": "Lisbon", "pt": "Lisboa"}},
    "country": {"iso_code": "PT", "is_in_european_union": True},
    "location": {"accuracy_radius": 20, "latitude": 38.7223, "longitude": -9.1393, "time_zone": "Europe/Lisbon"},
    "subdivisions": [{"iso_code": "11"}],
}
BUCHAREST: dict[str, Any] = {
    "country": {"iso_code": "RO"},
    "location": {"accuracy_radius": 1000, "latitude": 44.4323, "longitude": 26.1063},
}
ENTRIES = {
    "81.2.69.0/24": LISBON,
    "89.136.0.0/16": BUCHAREST,
    "2a02:9000::/32": LISBON,
    "94.60.0.0/16": {"x": "y" * 300},
}
MADRID = {"country": "ES", "latitude": "40.4168", "longitude": "-3.7038", "line1": "Calle Mayor 7"}
AT = 1_790_000_000_000_000


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "cities.mmdb"
    path.write_bytes(content)
    return path


@pytest.fixture
def cities(tmp_path: Path) -> Iterator[None]:
    places.configure(written(tmp_path, database(ENTRIES)))
    yield
    places.configure(None)


@pytest.mark.parametrize("record_size", [24, 28, 32])
def test_each_width_of_the_format(tmp_path: Path, record_size: int) -> None:
    found = Cities(written(tmp_path, database(ENTRIES, record_size=record_size)))
    lisbon = found.find("81.2.69.142")
    assert lisbon is not None
    assert (lisbon.city, lisbon.country, lisbon.radius, lisbon.latitude) == ("Lisbon", "PT", 20.0, 38.7223)
    six = found.find("2a02:9000::7")
    assert six is not None and six.city == "Lisbon"
    for nobody in ("81.2.70.1", "10.0.0.1", "no address", "2a03::1", "94.60.1.1", "::ffff:127.0.0.1"):
        assert found.find(nobody) is None, nobody
    assert (found.kind, found.built_at.year) == ("Test-City", 2026)


def test_a_file_of_four_byte_addresses(tmp_path: Path) -> None:
    only = {name: one for name, one in ENTRIES.items() if ":" not in name}
    found = Cities(written(tmp_path, database(only, ip_version=4)))
    assert found.find("89.136.4.4") is not None
    assert found.find("2a02:9000::7") is None


def test_what_is_no_database_is_refused_and_what_is_broken_says_nothing(tmp_path: Path) -> None:
    whole = database(ENTRIES)
    for broken in (b"", b"x" * 4000, whole[: len(whole) // 2], whole[whole.index(b"\xab\xcd\xef") :], whole[:-40]):
        with pytest.raises(FileInvalid, match=r"cities\.mmdb"):
            Cities(written(tmp_path, broken))
    with pytest.raises(FileInvalid):
        Cities(tmp_path / "none.mmdb")
    # A value that points to itself, and one that is no text.
    tree_end = whole.index(b"Lisbon")
    for wound in (b"\x20\x00\xff\xff\xff\xff", b"\x46\xff\xff\xff\xff\xff"):
        hurt = whole[: tree_end - 6] + wound + whole[tree_end:]
        assert Cities(written(tmp_path, hurt)).find("81.2.69.142") is None


def order(**changes: Any) -> dict[str, Any]:
    return {"id": "1", "ip_address": "81.2.69.142", "shipping_address": MADRID, **changes}


def facts(**changes: Any) -> dict[str, Any]:
    return gather(order(**changes), None, [], [], now=AT)


@pytest.mark.usefixtures("cities")
def test_how_far_an_order_was_placed_from_where_it_goes() -> None:
    found = facts()
    # Lisbon to Madrid: 502 km, less the 20 the place may be off.
    assert (found["ip_km"], found["ip_radius_km"], found["ip_city"], found["ip_country"]) == (482, 20, "Lisbon", "PT")
    assert "distance_km" not in found, "the finer takes the coarser one's place"
    home = {"country": "PT", "latitude": 38.7, "longitude": -9.1}
    assert facts(billing_address=home)["ip_km"] == 0, "the nearer counts"
    assert facts(ip_address="89.136.4.4")["ip_km"] == pytest.approx(1470, abs=15), "2,470 less a radius of 1,000"


@pytest.mark.usefixtures("cities")
@pytest.mark.parametrize("degrees", [(None, None), (0, 0), ("north", 1), (91, 1), (1, 181)])
def test_without_coordinates_it_stays_by_country(degrees: tuple[Any, Any]) -> None:
    held = {"country": "ES", "latitude": degrees[0], "longitude": degrees[1]}
    found = facts(shipping_address=held)
    assert "ip_km" not in found
    assert found["distance_km"] > 0
    assert found["ip_country"] == "PT"


@pytest.mark.usefixtures("cities")
def test_the_rule_has_a_limit_and_says_it_in_words() -> None:
    rules = checked({**told(Policy()), "rules": [{"code": "ip.distance", "limit": 480, "points": 22}]})
    reason = next(one for one in judge(facts(), read(rules)).reasons if one.code == "ip.distance")
    assert reason.points == 22
    assert reason.facts == {"km": "482", "radius": "20", "city": "Lisbon"}
    assert "ip.distance" not in [one.code for one in judge(facts(), Policy()).reasons], "500 km by itself"
    far = judge(facts(ip_address="89.136.4.4"), Policy())
    assert "ip.far" not in [one.code for one in far.reasons]
    assert "ip.distance" in [one.code for one in far.reasons]


def test_without_a_database_nothing_is_finer_than_a_country() -> None:
    assert places.in_use() is None
    assert "ip_km" not in facts()
