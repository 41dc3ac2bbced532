"""Posts and pages of a Shopify shop, files of its themes, and which theme customers see.

Invariant: a post or page is found by its handle in the search index, or among the newest where that lags behind. Files
of a theme are read and written whole; Shopify has no way to write one only if it still says what it said.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from sereno.connectors.shopify.client import ask, gid, nodes, plain_id, told
from sereno.connectors.site import Fields, Things, text
from sereno.sdk.site import SHOWN, TEXTS, Found
from sereno.sdk.stores import Call, Exchange, StoreBusy, StoreRefused

_FIELDS = """
    id handle title body isPublished templateSuffix updatedAt
    seoTitle: metafield(namespace: "global", key: "title_tag") { value }
    seoDescription: metafield(namespace: "global", key: "description_tag") { value }
"""
_OF_POST = "summary tags author { name } blog { id handle }"
_SEO = {"seo_title": "title_tag", "seo_description": "description_tag"}

# --- posts and pages --------------------------------------------------------------------------------

_POSTS = f"""
query Posts($query: String!) {{
  found: articles(first: 20, query: $query) {{ nodes {{ {_FIELDS} {_OF_POST} }} }}
  newest: articles(first: 50, sortKey: ID, reverse: true) {{ nodes {{ {_FIELDS} {_OF_POST} }} }}
}}"""
_PAGES = f"""
query Pages($query: String!) {{
  found: pages(first: 20, query: $query) {{ nodes {{ {_FIELDS} }} }}
  newest: pages(first: 50, sortKey: ID, reverse: true) {{ nodes {{ {_FIELDS} }} }}
}}"""
_BLOGS = """
query Blogs {
  blogs(first: 250) { nodes { id handle } }
  shop { name }
}"""
_MAKE_POST = f"""
mutation MakePost($article: ArticleCreateInput!) {{
  articleCreate(article: $article) {{ article {{ {_FIELDS} {_OF_POST} }} userErrors {{ code field message }} }}
}}"""
_CHANGE_POST = f"""
mutation ChangePost($id: ID!, $article: ArticleUpdateInput!) {{
  articleUpdate(id: $id, article: $article) {{ article {{ {_FIELDS} {_OF_POST} }} userErrors {{ code field message }} }}
}}"""
_MAKE_PAGE = f"""
mutation MakePage($page: PageCreateInput!) {{
  pageCreate(page: $page) {{ page {{ {_FIELDS} }} userErrors {{ code field message }} }}
}}"""
_CHANGE_PAGE = f"""
mutation ChangePage($id: ID!, $page: PageUpdateInput!) {{
  pageUpdate(id: $id, page: $page) {{ page {{ {_FIELDS} }} userErrors {{ code field message }} }}
}}"""
_CLEAR = """
mutation ClearSeo($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { deletedMetafields { key } userErrors { field message } }
}"""


def _look_post(exchange: Exchange, key: str) -> Found | None:
    blog, _, handle = key.rpartition("/")
    held = _found(ask(exchange, _POSTS, {"query": f"handle:'{handle}'"}), handle)
    return next((_post(one) for one in held if blog in ("", one["blog"]["handle"])), None)


def _look_page(exchange: Exchange, key: str) -> Found | None:
    held = _found(ask(exchange, _PAGES, {"query": f"handle:'{key}'"}), key)
    return next((_page(one) for one in held), None)


def _found(data: Mapping[str, Any], handle: str) -> list[dict[str, Any]]:
    return [one for one in (*nodes(data.get("found")), *nodes(data.get("newest"))) if one["handle"] == handle]


def _post(one: Mapping[str, Any]) -> Found:
    fields = {**_said(one), "summary": text(one.get("summary")), "tags": ", ".join(one.get("tags") or ())}
    fields["author"] = text((one.get("author") or {}).get("name"))
    return Found(one["id"], fields, f"/blogs/{one['blog']['handle']}/{one['handle']}")


def _page(one: Mapping[str, Any]) -> Found:
    return Found(one["id"], _said(one), f"/pages/{one['handle']}")


def _said(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": text(one.get("title")),
        "body": text(one.get("body")),
        "template": text(one.get("templateSuffix")),
        "seo_title": text((one.get("seoTitle") or {}).get("value")),
        "seo_description": text((one.get("seoDescription") or {}).get("value")),
        SHOWN: bool(one.get("isPublished")),
    }


def _input(fields: Fields) -> dict[str, Any]:
    names = {"title": "title", "body": "body", "summary": "summary", SHOWN: "isPublished"}
    found: dict[str, Any] = {names[name]: value for name, value in fields.items() if name in names}
    if "template" in fields:
        found["templateSuffix"] = fields["template"] or None
    if "tags" in fields:
        found["tags"] = [one.strip() for one in fields["tags"].split(",") if one.strip()]
    if fields.get("author"):
        found["author"] = {"name": fields["author"]}
    kind = "single_line_text_field"
    seo = [
        {"namespace": "global", "key": key, "value": fields[name], "type": kind}
        for name, key in _SEO.items()
        if fields.get(name)
    ]
    return {**found, "metafields": seo} if seo else found


def _make_post(call: Call, key: str, fields: Fields) -> Found:
    blog, _, handle = key.rpartition("/")
    data = ask(call.exchange, _BLOGS)
    blogs = [one for one in nodes(data.get("blogs")) if blog in ("", one["handle"])]
    if not blogs:
        raise StoreRefused("content.blog_gone", f"The shop has no blog {blog!r}: make it, or name another.")
    author = {"name": fields.get("author") or (data.get("shop") or {}).get("name") or "Shop"}
    given = {SHOWN: False, **fields}
    made = {**_input(given), "handle": handle, "blogId": blogs[0]["id"], "author": author}
    return _post(_new(ask(call.exchange, _MAKE_POST, {"article": made}), "articleCreate", "article", handle))


def _make_page(call: Call, key: str, fields: Fields) -> Found:
    made = {**_input({SHOWN: False, **fields}), "handle": key}
    return _page(_new(ask(call.exchange, _MAKE_PAGE, {"page": made}), "pageCreate", "page", key))


def _new(data: Mapping[str, Any], mutation: str, kind: str, handle: str) -> dict[str, Any]:
    payload: dict[str, Any] = data.get(mutation) or {}
    if any(one.get("code") == "TAKEN" for one in payload.get("userErrors") or ()):
        raise StoreBusy(f"Shopify has something under {handle} that its search does not show yet")
    return told(data, mutation)[kind]


def _change_post(call: Call, key: str, found: Found, fields: Fields) -> Found:
    given = {"id": found.id, "article": _input(fields)}
    return _post(_cleared(call, found, fields, ask(call.exchange, _CHANGE_POST, given), "articleUpdate", "article"))


def _change_page(call: Call, key: str, found: Found, fields: Fields) -> Found:
    given = {"id": found.id, "page": _input(fields)}
    return _page(_cleared(call, found, fields, ask(call.exchange, _CHANGE_PAGE, given), "pageUpdate", "page"))


def _cleared(
    call: Call, found: Found, fields: Fields, data: Mapping[str, Any], mutation: str, kind: str
) -> dict[str, Any]:
    """A metafield cannot hold an empty text: it is taken away."""
    changed: dict[str, Any] = told(data, mutation)[kind]
    gone = [key for name, key in _SEO.items() if fields.get(name) == "" and found.fields.get(name)]
    if gone:
        given = [{"ownerId": found.id, "namespace": "global", "key": key} for key in gone]
        told(ask(call.exchange, _CLEAR, {"metafields": given}), "metafieldsDelete")
        changed |= {"seoTitle": None} if "title_tag" in gone else {}
        changed |= {"seoDescription": None} if "description_tag" in gone else {}
    return changed


# --- themes -----------------------------------------------------------------------------------------

_THEMES = """
query Themes {
  themes(first: 50) { nodes { id name role } }
}"""
_FILE = """
query ThemeFile($theme: ID!, $names: [String!]!) {
  theme(id: $theme) {
    id
    files(filenames: $names, first: 1) {
      nodes {
        filename
        body {
          ... on OnlineStoreThemeFileBodyText { content }
          ... on OnlineStoreThemeFileBodyBase64 { contentBase64 }
        }
      }
    }
  }
}"""
_UPSERT = """
mutation UpsertThemeFile($theme: ID!, $files: [OnlineStoreThemeFilesUpsertFileInput!]!) {
  themeFilesUpsert(themeId: $theme, files: $files) {
    upsertedThemeFiles { filename }
    userErrors { code field filename message }
  }
}"""
_DELETE = """
mutation DeleteThemeFile($theme: ID!, $names: [String!]!) {
  themeFilesDelete(themeId: $theme, files: $names) {
    deletedThemeFiles { filename }
    userErrors { code field filename message }
  }
}"""
_PUBLISH = """
mutation PublishTheme($id: ID!) {
  themePublish(id: $id) { theme { id role } userErrors { code field message } }
}"""


def _main(exchange: Exchange) -> str:
    found = [one["id"] for one in nodes(ask(exchange, _THEMES).get("themes")) if one["role"] == "MAIN"]
    if not found:
        raise StoreRefused("content.theme_gone", "The shop shows no theme of its own.")
    return found[0]


def _look_file(exchange: Exchange, key: str) -> Found | None:
    theme, name = _of_theme(exchange, key)
    held: dict[str, Any] | None = ask(exchange, _FILE, {"theme": theme, "names": [name]}).get("theme")
    if held is None:
        return None
    body: dict[str, Any] = next((one["body"] for one in nodes(held.get("files"))), {})
    said = body.get("content")
    if said is None and body.get("contentBase64"):
        try:
            said = base64.b64decode(body["contentBase64"]).decode()
        except ValueError:
            said = None
    if body and said is None:
        raise StoreRefused("content.not_text", f"{name} holds no text that Shopify shows: it cannot be put back.")
    return None if said is None else Found(name, {"": said}, place=plain_id(theme))


def _of_theme(exchange: Exchange, key: str) -> tuple[str, str]:
    theme, mark, name = key.partition(":")
    return (gid("OnlineStoreTheme", theme), name) if mark else (_main(exchange), key)


def _set_file(call: Call, key: str, fields: Fields) -> Found | None:
    theme, name = _of_theme(call.exchange, key)
    if fields[""] is None:
        told(ask(call.exchange, _DELETE, {"theme": theme, "names": [name]}), "themeFilesDelete")
        return None
    files = [{"filename": name, "body": {"type": "TEXT", "value": fields[""]}}]
    told(ask(call.exchange, _UPSERT, {"theme": theme, "files": files}), "themeFilesUpsert")
    return Found(name, {"": fields[""]}, place=plain_id(theme))


def _look_theme(exchange: Exchange, key: str) -> Found | None:
    own = plain_id(_main(exchange))
    return Found(own, {"": own})


def _publish(call: Call, key: str, found: Found, fields: Fields) -> Found:
    wanted = gid("OnlineStoreTheme", str(fields[""]))
    if not any(one["id"] == wanted for one in nodes(ask(call.exchange, _THEMES).get("themes"))):
        raise StoreRefused("content.theme_gone", f"The shop has no theme {fields['']} any more.")
    told(ask(call.exchange, _PUBLISH, {"id": wanted}), "themePublish")
    return Found(plain_id(wanted), {"": plain_id(wanted)})


POSTS = Things("Shopify", {*TEXTS["post"], SHOWN}, _look_post, _make_post, _change_post)
PAGES = Things("Shopify", {*TEXTS["page"], SHOWN}, _look_page, _make_page, _change_page)
FILES = Things("Shopify", (), _look_file, _set_file, lambda call, key, found, fields: _set_file(call, key, fields))
THEME = Things("Shopify", (), _look_theme, lambda call, key, fields: _look_theme(call.exchange, key), _publish)
