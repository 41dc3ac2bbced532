"""Product sync as pages show it: rules and who may set them, both values, searching, paging, and what is decided."""

from __future__ import annotations

import pytest
from calling import text_of
from django.core.cache import cache
from django.test import Client
from plans import is_query, scanned, statements
from seeding import Seeded, make_shop, person
from synced import PIM, difference, make_rule, make_stores

from sereno.modules.catalog.models import Difference, Product, SyncRule, Variant
from sereno.modules.stock.models import StockItem
from sereno.store.models import Audit, Event

PAGE = "/stock/sync"


def test_where_one_connection_has_products_it_says_what_is_missing(seeded: Seeded, boss: Client) -> None:
    page = text_of(boss, PAGE)
    assert "There is nothing to compare yet" in page
    assert "Connect another store or system" in page
    assert PAGE in text_of(boss, "/stock")


def test_a_rule_is_set_changed_and_taken_away(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop)
    assert "Nobody leads: it is not compared." in text_of(boss, PAGE)
    given = {"leader": PIM, "conflict": "newest", "most_change": "15", "connection": ["lantern-store"]}
    page = boss.post(f"{PAGE}/rules/price", given, follow=True).content.decode()
    assert "Kept. The catalogue is being compared by it." in page
    assert f"The newest change wins; {PIM} leads where nothing tells." in page
    assert "A price may move by 15 percent at once." in page
    assert f"Takes part: {PIM}, lantern-store." in page
    assert "The catalogue is being compared" in page
    assert SyncRule.objects.get().most_change == 15
    page = boss.post(f"{PAGE}/rules/price", {"leader": ""}, follow=True).content.decode()
    assert "It is not compared any more." in page
    assert not SyncRule.objects.exists()
    told = Audit.objects.filter(action__startswith="sync_rule").order_by("id")
    assert [one.action for one in told] == ["sync_rule.made", "sync_rule.removed"]
    assert boss.post(f"{PAGE}/rules/colour", {"leader": PIM}).status_code == 404


def test_a_refused_rule_says_why_and_keeps_what_was_typed(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop)
    wrong = {"leader": PIM, "conflict": "leader", "most_change": "many"}
    page = boss.post(f"{PAGE}/rules/price", wrong, follow=True).content.decode()
    assert "how far a price may move is a whole number of percent, 0 or more" in page
    assert 'value="many"' in page
    page = boss.post(f"{PAGE}/rules/title", {"leader": "nowhere", "conflict": "leader"}, follow=True).content.decode()
    assert "cannot take part; these can: house-pim, lantern-store" in page
    assert not SyncRule.objects.exists()


def test_both_values_stand_beside_each_other_with_the_reason(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop)
    make_stores(seeded.shop, "OIL", price="10.00", title="The OIL, 5 l", description="<p>Cold <b>pressed</b></p>")
    make_stores(seeded.shop, "WICK", price="10.00", status="draft")
    for field in ("price", "title", "status"):
        make_rule(seeded.shop, field)
    page = text_of(boss, PAGE)
    assert "€10.00" in page and "€16.00" in page and "+60 %" in page
    assert "The price would move further than the rule allows at once." in page
    assert "The OIL<ins>, 5 l</ins>" in page
    assert "Not on sale" in page
    assert "Differences in prices are found, and nothing writes them." in page
    assert "/templates/equal-prices" in page and "/templates/equal-texts" in page


def test_a_long_text_is_shown_where_it_differs(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop, price="10.00", description=f"<p>{'word ' * 400}brass</p>")
    Product.objects.filter(key="lamp").update(data={"id": "lamp", "description": f"{'word ' * 400}iron"})
    make_rule(seeded.shop, "description")
    page = text_of(boss, PAGE)
    assert "<del>iron</del>" in page and "<ins>brass</ins>" in page
    assert len(difference().own) <= 500


def test_values_of_stores_are_text_and_nothing_else(seeded: Seeded, boss: Client) -> None:
    bad = "<script>alert(1)</script>"
    make_stores(seeded.shop, title=f"{bad} two")
    Product.objects.filter(key="lamp").update(data={"id": "lamp", "title": f"{bad} one"})
    make_rule(seeded.shop, "title")
    page = text_of(boss, PAGE)
    assert bad not in page
    assert "&lt;script&gt;" in page


def test_they_are_searched_narrowed_and_paged(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop, *(f"I{number:02}" for number in range(53)))
    make_rule(seeded.shop)
    make_stores(seeded.shop, "WICK", price="10.00", title="The whole WICK")
    make_rule(seeded.shop, "title")
    first = text_of(boss, PAGE)
    assert "The WICK" in first and "The I03" not in first
    older = text_of(boss, f"{PAGE}?before={difference('I04').pk}")
    assert "The I03" in older and "The I04" not in older
    for query in ("field=title", "state=open", "q=WICK", "q=the+wick"):
        page = text_of(boss, f"{PAGE}?{query}")
        assert "The WICK" in page and "The I50" not in page, query
    assert "Nothing matches" in text_of(boss, f"{PAGE}?q=nothing")
    for odd in ("state=x", "field=%00", "before=x", "q=%25", "before=99999999999999999999"):
        text_of(boss, f"{PAGE}?{odd}")


def test_what_is_held_is_released_and_told_to_flows(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop)
    make_rule(seeded.shop)
    row = difference()
    assert (row.state, row.reason) == ("held", "price.too_far")
    given = {"id": row.pk, f"seen:{row.pk}": _seen(text_of(boss, PAGE), row.pk), "decision": "write"}
    page = boss.post(f"{PAGE}/decide", given, follow=True).content.decode()
    assert "1 is released: its flow writes it." in page and "To be written" in page
    row.refresh_from_db()
    assert row.state == "open"
    assert Event.objects.filter(shop=seeded.shop, type="product.differs", subject="sku:LAMP").count() == 1
    told = Audit.objects.filter(action__startswith="difference")
    assert [(one.action, one.by) for one in told] == [("difference.released", "ana@example.com")]


def test_the_store_that_is_right_is_told_to_the_leader(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop)
    make_rule(seeded.shop)
    row = difference()
    page = boss.post(f"{PAGE}/decide", {"id": row.pk, "decision": "take"}, follow=True).content.decode()
    assert "1 value counts from now on" in page
    found = Difference.objects.get()
    assert (found.connection, found.target, found.source) == (PIM, "10", "lantern-store")


def test_a_decision_is_about_what_was_seen(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop)
    make_rule(seeded.shop)
    row = difference()
    seen = _seen(text_of(boss, PAGE), row.pk)
    Variant.objects.filter(key="lamp").update(data={**Variant.objects.get(key="lamp").data, "price": "8.00"})
    make_rule(seeded.shop)
    given = {"id": row.pk, f"seen:{row.pk}": seen, "decision": "leave"}
    page = boss.post(f"{PAGE}/decide", given, follow=True).content.decode()
    assert "somebody was quicker" in page
    row.refresh_from_db()
    assert (row.state, row.own) == ("held", "8")
    given[f"seen:{row.pk}"] = _seen(page, row.pk)
    page = boss.post(f"{PAGE}/decide", given, follow=True).content.decode()
    assert "1 is left different." in page
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("left", "ana@example.com")
    boss.post(f"{PAGE}/decide", {"id": row.pk, "decision": "again"})
    assert difference().state == "held"


def test_many_at_once_and_those_that_are_gone_are_said(seeded: Seeded, boss: Client) -> None:
    make_stores(seeded.shop, "A", "B", "C")
    make_rule(seeded.shop)
    rows = list(Difference.objects.order_by("item"))
    page = text_of(boss, PAGE)
    given: dict[str, object] = {"id": [one.pk for one in rows], "decision": "leave"}
    given |= {f"seen:{one.pk}": _seen(page, one.pk) for one in rows}
    rows[2].delete()
    page = boss.post(f"{PAGE}/decide", given, follow=True).content.decode()
    assert "2 are left different." in page
    assert "1 was not decided: the stores agree by now, or the rule is no more" in page
    assert "Nothing was ticked" in boss.post(f"{PAGE}/decide", {"decision": "leave"}, follow=True).content.decode()


def test_who_may_only_look_decides_nothing(seeded: Seeded) -> None:
    make_stores(seeded.shop)
    make_rule(seeded.shop)
    row = difference()
    viewer = Client()
    viewer.force_login(seeded.viewer)
    page = text_of(viewer, PAGE)
    assert "The LAMP" in page and "This store is right" not in page and "Keep the rule" not in page
    assert viewer.post(f"{PAGE}/decide", {"id": row.pk, "decision": "leave"}).status_code == 403
    assert viewer.post(f"{PAGE}/rules/price", {"leader": ""}).status_code == 403
    support = Client()
    support.force_login(person(seeded.shop, "sue@example.com", "support"))
    assert support.post(f"{PAGE}/rules/price", {"leader": ""}).status_code == 403


def test_another_shop_decides_nothing_here(seeded: Seeded) -> None:
    make_stores(seeded.shop)
    make_rule(seeded.shop)
    row = difference()
    stranger = Client()
    stranger.force_login(person(make_shop("other", "Other"), "eve@example.com", "owner"))
    page = stranger.post(f"{PAGE}/decide", {"id": row.pk, "decision": "leave"}, follow=True).content.decode()
    assert "The LAMP" not in page
    row.refresh_from_db()
    assert row.state == "held"


@pytest.mark.parametrize("path", ["/stock/items/{item}", "/why?subject=sku:OIL-5L", "/why?subject=product:oil-5l"])
def test_an_item_and_a_products_story_say_what_differs(seeded: Seeded, boss: Client, path: str) -> None:
    make_stores(seeded.shop, "OIL-5L")
    make_rule(seeded.shop)
    path = path.format(item=StockItem.objects.get(shop=seeded.shop, item="OIL-5L").pk)
    page = text_of(boss, path)
    assert "lantern-store" in page
    assert "€16.00" in page
    assert "The price would move further than the rule allows at once." in page


def test_the_database_is_asked_seldom_and_its_list_in_order(seeded: Seeded, boss: Client) -> None:
    boss.get(PAGE)
    with statements() as found:
        boss.get(PAGE)
    assert [table for one in found if is_query(one) for table in scanned(one)] == []
    make_stores(seeded.shop, "A", "B")
    make_rule(seeded.shop)
    for query in ("", "?field=price", f"?connection={PIM}", "?state=held", "?q=a", "?before=9"):
        cache.clear()
        with statements() as found:
            assert boss.get(f"{PAGE}{query}").status_code == 200
        asked = [one for one in found if is_query(one)]
        assert len(asked) <= 15, query
        lists = [one for one in asked if "FROM catalog_difference" in one and "LIMIT" in one]
        assert [table for one in lists for table in scanned(one)] == [], query


def _seen(page: str, id_: int) -> str:
    _before, found, rest = page.partition(f'name="seen:{id_}" value="')
    assert found
    return rest.partition('"')[0]
