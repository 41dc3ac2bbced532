"""Posts, pages and theme files on each platform: the request, the answer, the error, and nothing twice whichever answer
is lost."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

import bigcommerce_wire
import magento_shop
import pytest
import shopify_wire
import woo_shop
from wires import Asked, Wire, carry_out, changes_once, exchange

from sereno.connectors.bigcommerce.store import STORE as BIGCOMMERCE
from sereno.connectors.generic.writing import STORE as GENERIC
from sereno.connectors.magento.store import STORE as MAGENTO
from sereno.connectors.shopify.store import STORE as SHOPIFY
from sereno.connectors.woocommerce.store import STORE as WOOCOMMERCE
from sereno.sdk.plugin import registry
from sereno.sdk.site import Found
from sereno.sdk.stores import StoreApi, StoreBusy, StoreRefused
from sereno.sdk.writes import PublishTheme, SetThemeFile, Write, WritePage, WritePost
from sereno.site.plugins import load_plugins

SETTINGS = "config/settings_data.json"


class Shopify(shopify_wire.ShopifyWire):
    """`hides`: what was made just now is not found by the search yet. `renames`: a handle that is taken is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.site: dict[str, dict[str, dict[str, Any]]] = {"articles": {}, "pages": {}}
        self.files = {("5", SETTINGS): '{"accent": "#000"}', ("5", "assets/logo.bin"): None}
        self.main = "5"
        self.hides = False

    def _thing(self, kind: str, given: dict[str, Any], id: str | None = None) -> dict[str, Any]:
        held = self.site[kind]
        own = id or f"gid://shopify/{kind.title()[:-1]}/{len(held) + 1}"
        one = held.setdefault(own, {"id": own, "title": "", "body": "", "isPublished": False, "updatedAt": "now"})
        given = dict(given)
        for field in given.pop("metafields", ()):
            assert field["value"], "a metafield cannot hold an empty text"
            one[{"title_tag": "seoTitle"}.get(field["key"], "seoDescription")] = {"value": field["value"]}
        if kind == "articles":
            one |= {"blog": {"id": "gid://shopify/Blog/1", "handle": "news"}, "tags": one.get("tags", [])}
        one |= given
        return copy.deepcopy(one)

    def _listed(self, kind: str, query: str) -> dict[str, Any]:
        handle = query.removeprefix("handle:").strip("'")
        all_ = [copy.deepcopy(one) for one in self.site[kind].values()]
        found = [one for one in all_ if one["handle"] == handle and not self.hides]
        return {"found": {"nodes": found}, "newest": {"nodes": [] if self.hides else all_}}

    def query_posts(self, query: str) -> Any:
        return self._listed("articles", query)

    def query_pages(self, query: str) -> Any:
        return self._listed("pages", query)

    def query_blogs(self) -> Any:
        return {"blogs": {"nodes": [{"id": "gid://shopify/Blog/1", "handle": "news"}]}, "shop": {"name": "Casa"}}

    def _make(self, kind: str, payload: str, given: dict[str, Any]) -> Any:
        if any(one["handle"] == given["handle"] for one in self.site[kind].values()):
            wrong = {"code": "TAKEN", "field": ["handle"], "message": "Handle has already been taken"}
            return {payload: {kind[:-1]: None, "userErrors": [wrong]}}
        return {payload: {kind[:-1]: self._thing(kind, given), "userErrors": []}}

    def mutation_make_post(self, article: dict[str, Any]) -> Any:
        assert article["author"]["name"] and article.pop("blogId") == "gid://shopify/Blog/1"
        return self._make("articles", "articleCreate", article)

    def mutation_make_page(self, page: dict[str, Any]) -> Any:
        return self._make("pages", "pageCreate", page)

    def mutation_change_post(self, id: str, article: dict[str, Any]) -> Any:
        return {"articleUpdate": {"article": self._thing("articles", article, id), "userErrors": []}}

    def mutation_change_page(self, id: str, page: dict[str, Any]) -> Any:
        return {"pageUpdate": {"page": self._thing("pages", page, id), "userErrors": []}}

    def mutation_clear_seo(self, metafields: list[dict[str, Any]]) -> Any:
        for one in metafields:
            name = {"title_tag": "seoTitle"}.get(one["key"], "seoDescription")
            self.site["pages"][one["ownerId"]].pop(name, None)
        return {"metafieldsDelete": {"deletedMetafields": [], "userErrors": []}}

    def query_themes(self) -> Any:
        ids = ("5", "6")
        nodes = [
            {"id": f"gid://shopify/OnlineStoreTheme/{one}", "role": "MAIN" if one == self.main else "UNPUBLISHED"}
            for one in ids
        ]
        return {"themes": {"nodes": nodes}}

    def query_theme_file(self, theme: str, names: list[str]) -> Any:
        own = theme.rpartition("/")[2]
        held = [(name, self.files[own, name]) for name in names if (own, name) in self.files]
        bodies = [{"filename": name, "body": {"content": said} if said else {"url": "x"}} for name, said in held]
        return {"theme": {"id": theme, "files": {"nodes": bodies}}}

    def mutation_upsert_theme_file(self, theme: str, files: list[dict[str, Any]]) -> Any:
        for one in files:
            assert one["body"]["type"] == "TEXT"
            self.files[theme.rpartition("/")[2], one["filename"]] = one["body"]["value"]
        return {"themeFilesUpsert": {"upsertedThemeFiles": [{"filename": files[0]["filename"]}], "userErrors": []}}

    def mutation_delete_theme_file(self, theme: str, names: list[str]) -> Any:
        for name in names:
            self.files.pop((theme.rpartition("/")[2], name), None)
        return {"themeFilesDelete": {"deletedThemeFiles": [], "userErrors": []}}

    def mutation_publish_theme(self, id: str) -> Any:
        self.main = id.rpartition("/")[2]
        return {"themePublish": {"theme": {"id": id, "role": "MAIN"}, "userErrors": []}}


class WordPress(woo_shop.Shop):
    """`wp/v2` beside WooCommerce: a slug that is taken gets a number, and a template's own text is the theme's."""

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, dict[int, dict[str, Any]]] = {"posts": {}, "pages": {}}
        self.templates: dict[str, str] = {}

    def state(self) -> Any:
        return copy.deepcopy((self.things, self.templates))

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = asked.path.removeprefix("/wp-json/wp/v2/")
        if path == asked.path:
            return super().answer(asked)
        pair = base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode()
        if pair != "ana:app pass word":
            return 401, {"code": "rest_cannot_edit", "message": "Sorry, you are not allowed to edit this post."}
        if path == "themes":
            return 200, [{"stylesheet": "storefront", "status": "active"}]
        kind, _, own = path.partition("/")
        if kind in ("templates", "template-parts"):
            return self._template(asked, path)
        held = self.things[kind]
        if asked.method == "GET":
            assert asked.query["status"] == "any" and asked.query["context"] == "edit"
            return 200, [self._said(one) for one in held.values() if one["slug"] == asked.query["slug"]]
        if own:
            held[int(own)] |= asked.body
            return 200, self._said(held[int(own)])
        slug = asked.body["slug"]
        slug += "-2" * any(one["slug"] == slug for one in held.values())
        held[len(held) + 7] = {"id": len(held) + 7, "title": "", "content": "", **asked.body, "slug": slug}
        return 201, self._said(held[len(held) + 6])

    def _said(self, one: dict[str, Any]) -> dict[str, Any]:
        raw = {name: {"raw": one.get(name, ""), "rendered": "x"} for name in ("title", "content", "excerpt")}
        return {**one, **raw, "link": f"https://shop.example/{one['slug']}/"}

    def _template(self, asked: Asked, path: str) -> tuple[Any, ...]:
        if asked.method == "POST":
            self.templates[path] = asked.body["content"]
        if asked.method == "DELETE":
            assert asked.query["force"] == "true"
            self.templates.pop(path, None)
        said = self.templates.get(path)
        source = "theme" if said is None else "custom"
        return 200, {"source": source, "content": {"raw": "the theme's own" if said is None else said}}


class BigCommerce(bigcommerce_wire.BigCommerceWire):
    def __init__(self) -> None:
        super().__init__()
        self.pages: list[dict[str, Any]] = [{"id": 3, "url": "/about/", "type": "page", "name": "About", "body": "Us"}]
        self.posts: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = asked.path.removeprefix("/stores/abc")
        found = re.fullmatch(r"/(v3/content/pages|v2/blog/posts)(?:/(\d+))?", path)
        if found is None:
            return super().answer(asked)
        is_page = found[1].startswith("v3")
        held = self.pages if is_page else self.posts
        if asked.method == "GET":
            some = held if is_page else [one for one in held if one["url"] == asked.query.get("url", one["url"])]
            return (200, {"data": some, "meta": {}}) if is_page else (200, some) if some else (204, b"")
        if asked.method == "POST":
            held.append({"id": len(held) + 20, **asked.body})
            one = held[-1]
        else:
            one = next(one for one in held if str(one["id"]) == found[2])
            one |= asked.body
        return (200, {"data": one, "meta": {}}) if is_page else (200, one)


class Magento(magento_shop.Shop):
    def __init__(self) -> None:
        super().__init__()
        self.cms: dict[str, list[dict[str, Any]]] = {"cmsPage": [], "cmsBlock": []}

    def state(self) -> Any:
        return copy.deepcopy(self.cms)

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = re.sub(r"^/rest/(all/)?V1/", "", asked.path)
        kind, _, own = path.partition("/")
        if kind not in self.cms:
            return super().answer(asked)
        assert asked.path.startswith("/rest/all/"), "for every store view"
        held, name = self.cms[kind], {"cmsPage": "page", "cmsBlock": "block"}[kind]
        if own == "search":
            return 200, magento_shop.found(asked.query, held)
        if asked.method == "POST":
            held.append({"id": len(held) + 4, **asked.body[name]})
            return 200, held[-1]
        (one,) = [one for one in held if str(one["id"]) == own]
        if asked.method == "DELETE":
            held.remove(one)
            return 200, True
        if asked.method == "PUT":
            assert asked.body[name]["identifier"] == one["identifier"] and asked.body[name]["id"] == one["id"]
            one |= asked.body[name]
        return 200, one


WP = {**woo_shop.ACCESS, "wp_user": "ana", "wp_password": "app pass word"}
PLATFORMS: dict[str, tuple[Callable[[], Wire], StoreApi, Mapping[str, str]]] = {
    "shopify": (Shopify, SHOPIFY, shopify_wire.ACCESS),
    "wordpress": (WordPress, WOOCOMMERCE, WP),
    "bigcommerce": (BigCommerce, BIGCOMMERCE, bigcommerce_wire.ACCESS),
    "magento": (Magento, MAGENTO, magento_shop.ACCESS),
}
WORDS = {"title": "Sale", "body": "<p>Now</p>", "is_published": True}
SEO = {"seo_title": "Sale!", "seo_description": "All of it"}
CASES: list[tuple[str, Write]] = [
    ("shopify", WritePost("news/sale", {**WORDS, **SEO, "summary": "S", "tags": "a, b", "template": "wide"})),
    ("shopify", WritePage("sale", {**WORDS, **SEO})),
    ("shopify", SetThemeFile(SETTINGS, {"": '{"accent": "#f00"}'}, {"": '{"accent": "#000"}'})),
    ("shopify", SetThemeFile("snippets/sale.liquid", {"": "Sale"})),
    ("shopify", SetThemeFile(f"5:{SETTINGS}", {"": None})),
    ("shopify", PublishTheme("", {"": "6"}, {"": "5"})),
    ("wordpress", WritePost("sale", {**WORDS, "summary": "S"})),
    ("wordpress", WritePage("sale", {**WORDS, "template": "wide"})),
    ("wordpress", SetThemeFile("templates/front-page", {"": "<!-- wp:x /-->"})),
    ("bigcommerce", WritePost("sale", {**WORDS, "tags": "a, b", "author": "Ana", "seo_description": "All"})),
    ("bigcommerce", WritePage("sale", {**WORDS, **SEO})),
    ("bigcommerce", WritePage("about", {"body": "We"}, {"body": "Us"})),
    ("magento", WritePage("sale", {**WORDS, **SEO, "template": "2columns-left"})),
    ("magento", SetThemeFile("blocks/hero", {"": "<p>Sale</p>"})),
]


@pytest.mark.parametrize(("name", "write"), CASES, ids=[f"{name}-{one.ability}" for name, one in CASES])
def test_a_lost_answer_doubles_nothing(name: str, write: Write) -> None:
    wire, store, access = PLATFORMS[name]
    assert changes_once(wire, store, access, write) >= 2


def looked(wire: Wire, name: str, kind: str, key: str) -> Found | None:
    _wire, store, access = PLATFORMS[name]
    return store.looks[kind](exchange(wire, store, access), key)


def do(wire: Wire, name: str, write: Write, **more: Any) -> Mapping[str, Any]:
    _wire, store, access = PLATFORMS[name]
    return carry_out(exchange(wire, store, access), store, write, **more).value


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_was_written_is_what_is_seen_and_it_is_hidden_with_its_words(name: str) -> None:
    wire = PLATFORMS[name][0]()
    for kind, write in (("page", WritePage), ("post", WritePost)):
        if kind not in PLATFORMS[name][1].looks:
            assert (name, kind) == ("magento", "post")
            continue
        assert looked(wire, name, kind, "sale") is None
        made = do(wire, name, write("sale", WORDS))
        found = looked(wire, name, kind, "sale")
        assert found is not None and found.fields.items() >= WORDS.items()
        assert made["fields"] == found.fields and made["url"] == found.url
        hidden = do(wire, name, write("sale", {"is_published": False}))
        assert hidden["fields"] == {**found.fields, "is_published": False}


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_was_changed_meanwhile_is_not_written_over(name: str) -> None:
    wire = PLATFORMS[name][0]()
    do(wire, name, WritePage("sale", WORDS))
    state = wire.state()
    with pytest.raises(StoreRefused) as refused:
        do(wire, name, WritePage("sale", {"body": "<p>Late</p>"}, {"body": "<p>Never</p>"}))
    assert refused.value.code == "content.changed" and wire.state() == state


@pytest.mark.parametrize(
    ("name", "write", "code"),
    [
        ("wordpress", WritePage("sale", {**WORDS, **SEO}), "content.field_unknown"),
        ("bigcommerce", WritePost("sale", {**WORDS, "summary": "S"}), "content.field_unknown"),
        ("magento", SetThemeFile("config/a.json", {"": "{}"}), "content.file_unknown"),
        ("wordpress", SetThemeFile("config/a.json", {"": "{}"}), "content.file_unknown"),
        ("shopify", SetThemeFile("assets/logo.bin", {"": "x"}), "content.not_text"),
        ("shopify", PublishTheme("", {"": "99"}), "content.theme_gone"),
        ("shopify", WritePost("diary/sale", WORDS), "content.blog_gone"),
    ],
)
def test_what_a_platform_has_no_place_for_is_refused_before_anything_is_written(
    name: str, write: Write, code: str
) -> None:
    wire = PLATFORMS[name][0]()
    state = wire.state()
    with pytest.raises(StoreRefused) as refused:
        do(wire, name, write)
    assert refused.value.code == code and wire.state() == state


def test_shopify_search_lagging_behind_makes_no_second_page() -> None:
    wire = Shopify()
    do(wire, "shopify", WritePage("sale", WORDS))
    wire.hides = True
    with pytest.raises(StoreBusy):
        do(wire, "shopify", WritePage("sale", {**WORDS, "body": "<p>Newer</p>"}), key="8/1")
    wire.hides = False
    do(wire, "shopify", WritePage("sale", {**WORDS, "body": "<p>Newer</p>"}), key="8/1", attempt=2)
    assert len(wire.site["pages"]) == 1


def test_shopify_takes_an_empty_title_for_search_engines_away() -> None:
    wire = Shopify()
    do(wire, "shopify", WritePage("sale", {**WORDS, **SEO}))
    found = do(wire, "shopify", WritePage("sale", {"seo_title": ""}))
    assert (found["fields"]["seo_title"], found["fields"]["seo_description"]) == ("", "All of it")
    assert looked(wire, "shopify", "page", "sale").fields == found["fields"]


def test_a_theme_file_is_found_in_the_theme_it_was_written_to() -> None:
    wire = Shopify()
    found = looked(wire, "shopify", "theme_file", SETTINGS)
    assert found is not None and found.place == "5"
    wire.main = "6"
    assert looked(wire, "shopify", "theme_file", SETTINGS) is None
    assert looked(wire, "shopify", "theme_file", f"5:{SETTINGS}") == found


def test_the_key_of_woocommerce_is_not_enough_for_wordpress() -> None:
    way = exchange(WordPress(), WOOCOMMERCE, woo_shop.ACCESS)
    with pytest.raises(StoreRefused) as refused:
        WOOCOMMERCE.looks["page"](way, "sale")
    assert refused.value.code == "store.key_missing" and "application password" in str(refused.value)
    wrong = exchange(WordPress(), WOOCOMMERCE, {**WP, "wp_password": "wrong"})
    with pytest.raises(StoreRefused) as refused:
        WOOCOMMERCE.looks["page"](wrong, "sale")
    assert refused.value.code == "store.key_lacks" and "you are not allowed" in str(refused.value)


def test_a_template_taken_away_is_the_themes_own_again() -> None:
    wire = WordPress()
    assert looked(wire, "wordpress", "theme_file", "parts/header") is None
    do(wire, "wordpress", SetThemeFile("parts/header", {"": "Sale"}))
    found = looked(wire, "wordpress", "theme_file", "parts/header")
    assert found is not None and (found.fields, found.place) == ({"": "Sale"}, "storefront")
    do(wire, "wordpress", SetThemeFile("storefront:parts/header", {"": None}))
    assert wire.templates == {}


def test_any_system_says_how_a_thing_is() -> None:
    access = {"url": "https://erp.example/sereno", "secret": "whsec_c2VjcmV0", "reads_url": "https://erp.example/api"}

    class System(Wire):
        def answer(self, asked: Asked) -> tuple[Any, ...]:
            if asked.query != {"key": "sale"}:
                return 404, {"message": "none"}
            return 200, {"id": "7", "url": "/sale", "fields": WORDS}

    wire = System()
    way = exchange(wire, GENERIC, access)
    assert GENERIC.looks["page"](way, "sale") == Found("7", WORDS, "/sale")
    assert GENERIC.looks["page"](way, "none") is None
    assert wire.asked[0].path == "/api/site/page"


def test_the_others_say_that_they_lack_it() -> None:
    load_plugins()
    every = {WritePost, WritePage, SetThemeFile, PublishTheme}
    for kind in ("medusa", "saleor", "vendure"):
        connector = registry().connectors.get(kind)
        assert connector is not None and connector.store is not None
        assert not every & connector.store.writes.keys() and not connector.store.looks
    assert every - BIGCOMMERCE.writes.keys() == {SetThemeFile, PublishTheme}
    assert every - MAGENTO.writes.keys() == {WritePost, PublishTheme}
    assert every - WOOCOMMERCE.writes.keys() == {PublishTheme}
