"""What the readers of AWS and GCP share: safe access to JSON that anybody may have sent, and the making of a row.

Knows:   how a cloud's resource ids and attributes become one subject, and how a change is told in `details`.
Ignores: every native format; the readers beside it know theirs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
import polars as pl

from schemas.identity import Identity, identify
from schemas.redact import redact, redact_many
from schemas.resource_names import resource
from schemas.signal import Kind, Signal, Status
from schemas.sources.source import Received

MAX_TEXT_CHARS: Final = 8192
"""A row's text is read by people; what is longer is cut, and the record itself stays the evidence."""
_MAX_DETAIL_CHARS: Final = 1024
_CALLER: Final = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\d*:(?:user|assumed-role|federated-user|mfa)/[^\s\"',;:)\]]+")
"""IAM users and sessions: what CloudTrail and error messages call a caller."""
_ADDRESS: Final = re.compile(r"([\w.+-]+)@[\w-]+(?:\.[\w-]+)+")
_NAMED_BY_ID: Final = {
    "service": "service.name",
    "database": "db.instance.id",
    "queue": "messaging.destination.name",
    "function": "faas.name",
    "host": "host.id",
}
"""Which attribute a resource id of that kind fills; ids of other kinds name the subject only when nothing better does."""


def words(listed: str) -> frozenset[str]:
    """A set written as one text, its members parted by spaces."""
    return frozenset(listed.split())


def mapping(value: object) -> dict[str, Any]:
    """The object, or an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """The array, or an empty one for what is none."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """A scalar as text; empty for null, objects and arrays.  Cut, so that no expression of a reader meets a megabyte."""
    if isinstance(value, str):
        return value.strip()[:MAX_TEXT_CHARS]
    if value is None:  # asked some fifty times a record, mostly for what is not there
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, _NUMBERS) else ""


_NUMBERS: Final = (int, float)


def first(document: Mapping[str, Any], *keys: str) -> str:
    """The first of these keys that says something."""
    for key in keys:
        value = document.get(key)
        if value is not None and (found := text(value)):
            return found
    return ""


def number(value: object) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None


def decoded(value: object) -> Any:
    """JSON that was put into a string, taken out; anything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def dumped(value: object) -> str:
    """The value as compact JSON, keys sorted; the empty text for one nested deeper than JSON writers go (some 250 levels)."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        return ""


def sentence(*parts: str) -> str:
    """The parts that say something, in one line; a part that an earlier one already says is left out."""
    said: list[str] = []
    for part in parts:
        if part and not any(part in earlier for earlier in said):
            said.append(part)
    return " ".join(said)


def outcome(state: str) -> str:
    """`started`, `succeeded`, `failed` or `cancelled`, whatever a tool calls it; other words are kept in lower case."""
    word = state.strip().lower().replace("_", " ").replace("-", " ")
    last = word.split(" ")[-1].rstrip(".") if word else ""
    if "rollback" in word:
        return "failed"  # what was to be done was not; the way back is no success of it
    for name, words in _OUTCOMES.items():
        if last in words or word in words:
            return name
    return word


_OUTCOMES: Final = {
    "succeeded": words("success succeed succeeded successful complete completed ready done passed ok deployed available active"),
    "failed": words(
        "failure fail failed fault error unsuccessful timeout timedout timed out undeliverable rejected broken internal error expired"
    )
    | {"timed out", "timed_out", "internal error", "rollback failed"},
    "cancelled": words("stop stopped cancel cancelled canceled cancelling abandoned superseded aborted terminated skipped stopping"),
    "started": words(
        "start started starting building progress inprogress pending queued working running create created submitted provisioning"
    ),
}


def attributes_with(attributes: Mapping[str, str], ids: Iterable[str]) -> dict[str, str]:
    """The attributes, completed by what resource ids name."""
    named = {key: value for key, value in attributes.items() if value}
    for id_ in ids:
        if (parsed := resource(id_)) and (key := _NAMED_BY_ID.get(parsed.kind)):
            named.setdefault(key, parsed.name)
        for key, value in parsed.attributes.items() if parsed else ():
            named.setdefault(key, value)
    return named


def identity_of(attributes: Mapping[str, str], ids: Iterable[str] = ()) -> Identity:
    """Who the attributes and resource ids speak of.

    An id is an alias only of the thing it names: a deployment's instance, cluster or alarm beside it stay attributes.
    """
    known = [nameless(id_) for id_ in dict.fromkeys(ids) if id_]
    named = attributes_with(attributes, known)
    identity = identify(named)
    if not identity.entity and known:
        return identify({**named, "cloud.resource_id": known[0], **_numbered("cloud.resource_id", known[1:])})
    own = {identity.entity, *identity.aliases}
    names = {name.partition(":")[2] for name in own}
    aliases, others = list(identity.aliases), []
    for id_ in known:
        parsed = resource(id_)
        if parsed and f"{parsed.kind}:{parsed.name}" in own:
            aliases.append(f"resource:{parsed.id}")
        elif id_ not in names:
            others.append(id_)
    extra = {"cloud.resource_id": others[0], **_numbered("cloud.resource_id", others[1:])} if others else {}
    return Identity(
        identity.entity, identity.ancestors, tuple(dict.fromkeys(aliases)), tuple(sorted({**extra, **dict(identity.attributes)}.items()))
    )


def nameless(id_: str) -> str:
    """A resource id without addresses: an account that is named by one keeps what stands before the @."""
    return _ADDRESS.sub(r"\1", id_) if "@" in id_ else id_


def row(
    received: Received,
    kind: Kind,
    source: str,
    attributes: Mapping[str, str],
    *,
    ids: Iterable[str] = (),
    name: str = "",
    text: str = "",
    fallback: str = "",
    unit: str = "",
    details: Mapping[str, object] | None = None,
    event_time_ns: int = 0,
    value: float | None = None,
    severity_number: int = 0,
    status: Status | None = None,
    dedup_key: str = "",
    trace_id: str = "",
    change_id: str = "",
    evidence_url: str = "",
    starts_at_ns: int = 0,
) -> Signal:
    """One row, its text and details redacted; `fallback` is the entity when neither attributes nor ids name one."""
    subject = identity_of(attributes, ids).subject(kind, source, name, unit=unit, fallback=fallback)
    return Signal(
        subject=subject,
        event_time_ns=event_time_ns,
        value=value,
        severity_number=severity_number,
        status=status,
        text=harmless(text[:MAX_TEXT_CHARS], received.redaction_key),
        dedup_key=dedup_key,
        trace_id=trace_id,
        change_id=change_id,
        evidence_url=evidence_url,
        starts_at_ns=starts_at_ns,
        details=_json(details, received) if details else "",
    )


def harmless(said: str, key: bytes) -> str:
    """Without secrets and people; a caller's ARN goes first, since it ends with a name that nothing announces."""
    return redact(_CALLER.sub("<user>", said), key)


def harmless_many(texts: list[str] | pl.Series, key: bytes) -> pl.Series:
    """`harmless` of many texts, each cut to MAX_TEXT_CHARS."""
    whole = texts if isinstance(texts, pl.Series) else pl.Series(texts, dtype=pl.String)
    cut = whole.str.slice(0, MAX_TEXT_CHARS)
    callers = cut.str.contains("arn:aws", literal=True).arg_true()
    if len(callers):
        cut = cut.scatter(callers, [_CALLER.sub("<user>", text) for text in cut.gather(callers).to_list()])
    return redact_many(cut, key)


def _json(details: Mapping[str, object], received: Received) -> str:
    """The facts that say something; texts redacted, so that a detail never tells what the text may not."""
    told = {
        key: harmless(value[:_MAX_DETAIL_CHARS], received.redaction_key) if isinstance(value, str) else value
        for key, value in details.items()
        if value not in (None, "", [], {})
    }
    return dumped(told) if told else ""


def _numbered(key: str, values: Iterable[str]) -> dict[str, str]:
    return {numbered(key, place): value for place, value in enumerate(values, start=2) if place <= _MAX_SAME}


def numbered(key: str, place: int) -> str:
    """The attribute of a further thing of one sort: `host.2.id` beside `host.id`, so that it still ends like a name."""
    stem, _, last = "cloud.resource.id".rpartition(".") if key == "cloud.resource_id" else key.rpartition(".")
    return f"{stem}.{place}.{last}"


_MAX_SAME: Final = 8
"""Further things of one sort that a row keeps: enough for a person to see, while a call on a thousand instances stays small."""
