"""Words of code and of messages: how they are cut, and when two are the same.

Knows:   identifiers in camel, snake and kebab case, and word stems.
Ignores: what the words mean (mechanisms.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_\-][A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_NAME = re.compile(r"[A-Za-z_/][\w.\-/]*\w")
_QUOTED = re.compile(r"""["'`]([A-Za-z_/][\w.\-/:]{2,60})["'`]""")
_STRUCTURED = re.compile(r"\w[_.\-/:]\w|\d|[a-z][A-Z]|^[A-Z]{4,}$")
_ENDINGS = ("ations", "ation", "ings", "ing", "ions", "ion", "ers", "er", "ies", "ied", "ed", "es", "s", "e")

# What is common among the changes at hand is discounted by counting them; these are so common that few changes do not show it.
_GLUE = frozenset({
    "the", "and", "for", "with", "from", "into", "that", "this", "not", "but", "its", "per", "via", "when", "then", "than", "are", "was", "were", "has",
    "have", "after", "before", "all", "any", "can", "will", "may",
})  # fmt: skip
"""Words that join others: they make no pair."""
_EVERYWHERE = _GLUE | frozenset({
    "func", "def", "return", "var", "let", "const", "int", "str", "string", "bool", "true", "false", "null", "nil", "none", "void", "public", "private",
    "static", "final", "class", "struct", "self", "import", "err", "error", "errors", "fail", "failed", "failure", "exception", "throw", "raise", "log",
    "logger", "warn", "warning", "info", "debug", "message", "get", "set", "add", "new", "old", "use", "used", "using", "make", "data", "value", "values",
    "name", "names", "list", "item", "items", "result", "service", "services", "server", "client", "request", "requests", "response", "http", "https",
    "prod", "main", "src",
})  # fmt: skip
"""Words that programs say everywhere: alone they say nothing."""


def stem(word: str) -> str:
    """A word without its grammatical ending, at least four letters of it."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """Stems of the words in a text, and each two that stand together, written `=one two`.

    `poolSize`, `pool_size` and "pool size" hold the same two words; a pair says more than either word.
    """
    found: set[str] = set()
    previous, previous_end = "", -2
    for token in _WORD.finditer(text):
        parts = [part.group().lower() for part in _PART.finditer(token.group())]
        for place, part in enumerate(parts):
            adjoins = place > 0 or (token.start() - previous_end == 1 and text[previous_end] in " -_")
            usual = part in _EVERYWHERE
            here = stem(part) if len(part) >= 3 else ""
            if here and not usual:
                found.add(here)
            if here and adjoins and previous and part not in _GLUE and not (usual and previous in _EVERYWHERE):
                found.add(f"={stem(previous)} {here}")
            previous = part if here and part not in _GLUE else ""
        previous_end = token.end()
    return frozenset(found)


_AFFIX = re.compile(r"[-_]?(service|svc|server|api|app)$")


def core(name: str) -> str:
    """The name of a service without what says that it is one: `payment` for `paymentservice`."""
    folded = name.casefold().replace("_", "-")
    return _AFFIX.sub("", folded) or folded


def name_words(name: str) -> frozenset[str]:
    """Words that speak of a thing by its name."""
    return words(name) | words(core(name))


@lru_cache(maxsize=8192)
def names(text: str) -> frozenset[str]:
    """Identifiers and quoted literals that look chosen by a programmer: `postal_code`, `SMTP_PASSWORD`, `erp.corp.example`."""
    found = {name.strip(".-/:") for name in _NAME.findall(text) if _STRUCTURED.search(name)}
    found.update(_QUOTED.findall(text))
    return frozenset(name for name in found if len(name) >= 4)
