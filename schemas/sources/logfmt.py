"""Lines of `key=value` pairs: logrus' text form, go-kit, slog's text handler, Heroku's router.

Knows:   bare and quoted values; one row a line.
Ignores: what the fields mean: identity, time and severity are read by json_log.py, as of a structured log.
Source:  brandur.org/logfmt; logrus TextFormatter; log/slog TextHandler.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources import json_log
from schemas.sources.lines import numbered
from schemas.sources.source import Received, Source

_LOGFMT: Final = "text.logfmt"
_PAIR: Final = re.compile(r"(?<![^\s])(?P<key>[A-Za-z_@][\w./@-]{0,63})=(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\s\"]*))")
_STARTS: Final = re.compile(
    r"\s{0,4}(?:time|ts|timestamp|t|level|lvl|at|msg)=(?:\"[^\"\n]{0,256}\"|[^\s\"]{1,256})[ \t]+[A-Za-z_@][\w./@-]{0,63}="
)
_ESCAPED: Final = re.compile(r"\\(.)")
_SPOKEN: Final = {"n": "\n", "t": "\t", "r": "\r"}


def recognises(document: Any) -> bool:
    return isinstance(document, str) and _STARTS.match(document) is not None


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for number, line in numbered(document):
        fields = {match["key"]: _value(match) for match in _PAIR.finditer(line)}
        if not fields:
            yield Rejected("not_logfmt", "A line needs key=value pairs.", f"line {number}", _LOGFMT)
            continue
        if not any(key in fields for key in ("msg", "message", "event")):
            fields["msg"] = line
        yield from json_log.read(fields, received)


def _value(match: re.Match[str]) -> str:
    if match["quoted"] is None:
        return match["bare"]
    return _ESCAPED.sub(lambda escape: _SPOKEN.get(escape[1], escape[1]), match["quoted"])


SOURCES: Final = (Source(_LOGFMT, recognises, read),)
