"""The reference page of the API, made from its own OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from markupsafe import Markup, escape

from sereno.api.problems import CODES
from sereno.api.version1 import api

_PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Sereno</title><meta name="color-scheme" content="light dark"><script src="/static/js/theme.js"></script>
<link rel="icon" href="/static/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/css/tokens.css"><link rel="stylesheet" href="/static/css/base.css">
<link rel="stylesheet" href="/static/css/components.css"><link rel="stylesheet" href="/static/css/pages.css">
<link rel="stylesheet" href="/static/css/outgoing.css"></head>
<body><main class="content anywhere"><div class="inner stack wide">
<div class="page-head"><div class="titles"><h1>Sereno API</h1>
<p class="lead">Everything the pages show and do. Send a key, made on <a href="/keys">API keys</a>, as
<code>Authorization: Bearer sereno_…</code>. The machine-readable description is
<a href="openapi.json">openapi.json</a>.</p></div></div>
<section class="card"><div class="card-head"><h2>Try it</h2></div>
<pre class="code-block" tabindex="0">curl -H "Authorization: Bearer $KEY" {address}runs?status=live</pre></section>
<nav class="card card-body" aria-label="Operations"><ul class="stack tight">{index}</ul></nav>
{operations}
<section class="card"><div class="card-head"><h2>Refusals</h2></div>
<div class="table-wrap"><table class="rows"><caption class="hidden-word">Codes of problem details</caption>
<thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
<tbody>{refusals}</tbody></table></div></section>
</div></main></body></html>""")
_REFUSAL = Markup(
    '<tr id="problem-{0}"><td><code class="main">{0}</code></td><td class="quiet">{1}</td><td>{2}</td></tr>'
)
_OPERATION = Markup("""<section class="card" id="{id}"><div class="card-head">
<h2><span class="chip">{method}</span> <code>{path}</code></h2></div>
<div class="card-body stack"><p>{text}</p>{parameters}{body}</div></section>""")
_TABLE = Markup("""<div class="table-wrap"><table class="rows"><caption class="hidden-word">{name}</caption>
<thead><tr><th scope="col">{name}</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>{rows}</tbody></table></div>""")
_ROW = Markup('<tr><td><code class="main">{}</code></td><td class="quiet">{}</td><td>{}</td></tr>')


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    schemas = document.get("components", {}).get("schemas", {})
    found = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    index = Markup("").join(
        Markup('<li><a class="plain-link" href="#{}"><span class="chip">{}</span> <code>{}</code></a></li>').format(
            operation["operationId"], method, path
        )
        for method, path, operation in found
    )
    operations = Markup("").join(_operation(method, path, operation, schemas) for method, path, operation in found)
    address = request.build_absolute_uri("/api/v1/")
    refusals = Markup("").join(_REFUSAL.format(code, status, title) for code, (status, title) in CODES.items())
    return HttpResponse(_PAGE.format(index=index, operations=operations, address=address, refusals=refusals))


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Markup:
    parameters = [_ROW.format(one["name"], _type(one["schema"]), _text(one)) for one in operation.get("parameters", ())]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    properties = _resolved(body, schemas).get("properties", {})
    fields = [_ROW.format(name, _type(one), _text(one)) for name, one in properties.items()]
    return _OPERATION.format(
        id=operation["operationId"],
        method=method,
        path=path,
        text=operation.get("description") or operation.get("summary", ""),
        parameters=_table("Parameter", parameters),
        body=_table("Field of each event in the list" if body.get("type") == "array" else "Field", fields),
    )


def _table(name: str, rows: list[Markup]) -> Markup:
    return _TABLE.format(name=name, rows=Markup("").join(rows)) if rows else Markup("")


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") == "array":
        return _resolved(schema.get("items", {}), schemas)
    reference = schema.get("$ref", "")
    return schemas.get(reference.rpartition("/")[2], {}) if reference else schema


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"] if one.get("type") != "null"))
    return str(schema.get("format") or schema.get("type") or "object")


def _text(part: dict[str, Any]) -> Markup:
    schema = part.get("schema", part)
    return escape(part.get("description") or schema.get("description") or "")
