"""Requests that Google Cloud's log entries tell of: load balancers', Cloud Run's, App Engine's.

Reference: Cloud Logging API, `HttpRequest`; App Engine, `google.appengine.logging.v1.RequestLog`.
Knows:   method, path, status and latency under either spelling, and the lines an App Engine request logged.
Ignores: addresses, users and query strings, which may name people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from schemas.sources.cloud import first, mapping, sequence

_SPELLING: Final = {key.lower(): key for key in ("requestMethod", "requestUrl", "status", "latency")}
_OF_APP_ENGINE: Final = {"method": "requestMethod", "resource": "requestUrl", "status": "status", "latency": "latency"}
_MOST_LINES: Final = 20


def request_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The request, its keys as the API spells them; a copy in a data lake may have lost its capitals."""
    if logged := _request_log(entry):
        return {ours: logged.get(theirs) for theirs, ours in _OF_APP_ENGINE.items()}
    return {_SPELLING.get(str(key).lower().replace("_", ""), str(key)): value for key, value in mapping(entry.get("httpRequest")).items()}


def lines_of(entry: Mapping[str, Any]) -> str:
    """What the code wrote while it served an App Engine request."""
    said = (first(mapping(line), "logMessage") for line in sequence(_request_log(entry).get("line"))[:_MOST_LINES])
    return "; ".join(filter(None, said))


def _request_log(entry: Mapping[str, Any]) -> dict[str, Any]:
    payload = mapping(entry.get("protoPayload"))
    return payload if first(payload, "@type", "at_sign_type").endswith("google.appengine.logging.v1.RequestLog") else {}


def told(request: Mapping[str, Any]) -> str:
    """`GET /pay 502 0.3s`."""
    if not request:
        return ""
    try:
        path = urlsplit(first(request, "requestUrl")).path
    except ValueError:
        path = ""
    parts = (first(request, "requestMethod"), path or "/", first(request, "status"), first(request, "latency"))
    return " ".join(part for part in parts if part)
