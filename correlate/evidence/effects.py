"""What a patch does: the few effects by which software breaks or heals, whatever the language.

Knows:   numbers that moved and what they measure, constructs that went or came (checks, releases, bounds, locks, batching), names that
         others rely on, database objects, versions, rights.
Ignores: whether an effect explains an outage (mechanism.py).

A construct counts as gone when the removed lines hold more of its words than the added lines do; so a refactoring that keeps its
checks is none.  The vocabularies are those of common languages and libraries; a word too many costs little, as an effect alone
accuses nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

from correlate.evidence.numbers import is_version, moved_numbers, moved_value, moved_versions
from correlate.evidence.patch import SETTING, Pair, Patch, read, same_but_for_numbers
from correlate.evidence.tokens import words

_CONFIG = re.compile(
    r"\.(ya?ml|conf|cfg|cnf|properties|ini|toml|tf|tfvars|hcl|xml|env|json|config)$|(^|/)(\.env|Dockerfile)|(settings|config|configuration|constants|defaults)\.\w+$",
    re.I,
)
_SQL = re.compile(
    r"\b(drop\s+(table|column|index|constraint|view|type|schema|database|trigger|default)|rename\s+(to|column|table)|truncate\s+table|revoke\s+\w+|alter\s+column"
    r"|set\s+not\s+null|modify\s+column|(drop|remove|rename|change)_(table|column|index)|(drop|remove|rename)(Table|Column|Index))\b",
    re.I,
)
_INDEX = re.compile(r"\bindex\b|\bindices\b|add_index|remove_index", re.I)
_INDEX_ADDED = re.compile(r"\bcreate\s+(unique\s+)?index|\badd_index|\baddIndex|\bcreateIndex", re.I)
_ACCESS = re.compile(
    r"(?<![A-Za-z])(iam|polic(y|ies)|roles?|grants?|allow(ed)?|deny|egress|ingress|security_?group|actions?|scopes?|permissions?|cors|acl|principals?|rbac|verbs|authorize\w*"
    r"|namespaceSelector|cidr\w*|firewall|whitelist|allowlist|trust\w*|ca|cert\w*|secrets?|password|credentials?|token|audience|issuer)(?![a-z])",
    re.I,
)
_BLOCKS = re.compile(
    r"\w+Sync\(|\bsleep\(|Thread\.sleep|time\.Sleep|\.block\(\)|\.join\(\)|\.result\(\)|\.get\(\)\s*;?$|\.Wait\(\)|\.Result\b|runBlocking|pbkdf2|bcrypt|scrypt|argon2"
    r"|\([^)]*[+*]\)[+*]|\.\*.*\.\*|readFile|synchronous|deepcopy|cloneDeep"
)
_SEARCHES = re.compile(r"like\s+['\"]?%|ilike|wildcard|regexp?\b|full_?scan|\$where|lower\(\w+\)\s*=", re.I)
_FILTERS = re.compile(r"\bwhere\b|\.filter\(|\.where\(", re.I)
_LOOP = re.compile(r"\b(for|foreach|while|each|map|forEach|flatMap|parallelStream|stream)\b")
_CALLS = re.compile(
    r"\b(?:[gG]et|[fF]etch|[qQ]uery|[sS]elect|[eE]xecute|[rR]equest|[pP]ost|[lL]oad|[fF]ind|[rR]ead|[cC]all|[sS]end|[lL]ookup|[rR]esolve|[cC]ount|[sS]um|[eE]xists|[sS]ave|[iI]nsert"
    r"|[uU]pdate|[pP]ublish)\w*\s*[(&]|\b(client|db|http|repo\w*|rpc|grpc|store|api|dao|session|stub|cursor|gateway)\w*\s*\.\s*\w+\(|\bSELECT\b|\bawait\b"
)
_KEEPS = re.compile(
    r"(\b(self|this|static|global|cls|[a-z])\b[.>-]+|@|^\s*_?[A-Z_]{3,}\.?|[a-z]\w*s\.(?!append|push|add\b|insert|emplace))[\w.]*\b(append|push|add|put|set|insert|emplace\w*|push_back|on|subscribe|addListener|addEventListener|register|setInterval|store|Store)\(|^\s*@(functools\.)?cache\b|maxsize=None|=\s*append\((\w+\.)"
)
_TALKATIVE = re.compile(r"debug|trace|verbose|all", re.I)
_CONDITION = re.compile(r"\b(if|unless|while|when|elif|elsif|until|guard|for)\b|\?.*:|&&|\|\|")
_OPERATORS = re.compile(r"<=|>=|==|!=|<|>|!|&&|\|\||\b(?:not|and|or|in)\b")
_LOCKS = re.compile(r"lock\b|mutex|synchronized|for[ _]update|serializable|with_?lock|Lock\(", re.I)
_BOOLEAN = re.compile(r"\b(true|false|on|off|yes|no|enabled?|disabled?)\b", re.I)
_CONTRACT = re.compile(r"\.(proto|avsc|avdl|graphqls?|thrift|xsd|wsdl)$|openapi|swagger|\.schema\.json$", re.I)
_CALL = re.compile(r"\b([A-Za-z_]\w{2,})\s*[(<]")
_LITERAL = re.compile(r"""(?<!\w)(?:"([^"`\s]{2,60})"|'([^'`\s]{2,60})'|`([^"`\s]{2,60})`)""")
_QUOTED = re.compile(r"""(?:\b[fFrRbB])?(["'`])(?:(?!\1).)*\1|>[^<]*<""")
_SPOKEN = re.compile(
    r"\b(raise|throw|throws|abort|panic|reject|errors?\.\w+|\w*Error|\w*Exception|fail\w*|message|title|text|label|placeholder|description|summary|comment)\b",
    re.I,
)
_RETURNS_ERROR = re.compile(r"\berr\b\s*(!=|==)\s*nil|catch\s*\(.*\)\s*\{?\s*throw|\berr\s*:?=")

_CONSTRUCTS: Final = {
    # construct: (words, effect when it goes, effect when it comes)
    "check": (
        re.compile(r"\b(if|unless|match|case|catch|except|rescue|assert\w*|require\w*|ensure|guard|validat\w*|verif(y|ies)\w*|check\w*|is_?null\w*|is None|None|nonnull|or_?else\w*|\w*fallback\w*|\w*or_?default\w*|unwrap_or\w*|get_?or_?\w+|optional\w*|leeway|tolerance|expires?At|exp)\b|\?\?|\?\.|!=\s*(nil|null)|==\s*(nil|null)|!==?\s*undefined", re.I),
        "unguarded", "guarded",
    ),
    "release": (
        re.compile(r"\b\w*(close|closing|dispose|release|unlink|unsubscribe|removeall\w*|removelistener|cancel|stop|shutdown|evict|expire|flush|drain|purge|ack|nack|commit|rollback|cleanup|terminate|unregister|clearinterval|clear|free|delete|done)\b(?=\s*[(;:]|\b)|\b(defer|finally|using|with|autocloseable|try-with)\b", re.I),
        "leaks", "released",
    ),
    "bound": (
        re.compile(r"\b(\w*limit\w*|max\w*|min\w*|cap|page\w*|take|top|first|truncate|chunk\w*|throttl\w*|debounce|\w*backoff\w*|jitter|sleep|delay|semaphore|rate_?limit\w*|lru\w*|ttl|bounded\w*|window|slice|maxsize|expir\w*|timeout\w*|deadline\w*|with_?timeout|setlimit|async for|await foreach|stream|cursor|iterator|yield)\b", re.I),
        "unbounded", "bounded",
    ),
    "order": (
        re.compile(r"\b\w*(lock|locks|locked|mutex|synchronized|atomic|atomically|transaction|transactional|sort|sorted|sortby|order_?by|unique|idempoten\w*|dedup\w*|exists|existing|once|for[ _]update|compareandset|compare_and_swap|serializable|semaphore|barrier|version|if_match|on conflict|await)\b", re.I),
        "unordered", "ordered",
    ),
    "batching": (
        re.compile(r"\b(includes|eager\w*|preload\w*|prefetch_related|prefetch|select_related|joinedload|join fetch|fetch join|entitygraph|batch\w*|bulk\w*|\w*cache\w*|memo\w*|usememo|dataloader|mget|multi_?get|getall\w*|find_?all_?by_?ids?|where_in|keep_?alive|reuse\w*|singleton|pool\w*)\b", re.I),
        "amplified", "batched",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effect:
    kind: str
    """A word of mechanisms.SAYS."""
    words: frozenset[str]
    """Stems of the lines that make the effect: what it is about."""
    text: str
    """The line, shortened, as a reviewer would quote it."""


@lru_cache(maxsize=1024)
def effects(diff: str, files: tuple[str, ...]) -> tuple[Effect, ...]:
    """Every effect of a patch, one of each kind and place; () for one that only observes, comments or moves."""
    patch = read(diff)
    is_config = any(_CONFIG.search(path) for path in files)
    found: dict[tuple[str, str], Effect] = {}
    told = (_numbers(patch), _constructs(patch), _names(patch, is_config), _objects(patch), _rest(patch, files, is_config))
    for kind, lines in chain.from_iterable(told):
        text = " → ".join(" ".join(line.split())[:80] for line in lines[:2])
        found.setdefault((kind, text), Effect(kind, words("\n".join(lines)), text))
    if not found and _code(" ".join(patch.removed)) != _code(" ".join(patch.added)) and patch.removed:
        lines = [" ".join(line.split())[:80] for line in (patch.removed[0], *patch.added[:1])]
        return (Effect("rewritten", words("\n".join((*patch.removed, *patch.added))), " → ".join(lines)),)
    return tuple(found.values())


def effects_of_move(setting: str, old: str, new: str) -> tuple[Effect, ...]:
    """Effects of a change that tells its own from → to: a scale, a limit, a parameter, a flag."""
    kind = moved_value(setting, old, new)
    return (Effect(kind, words(setting), f"{setting}: {old} → {new}"),) if kind else ()


_Found = Iterator[tuple[str, Sequence[str]]]


def _numbers(patch: Patch) -> _Found:
    for pair in patch.pairs:
        for kind in (*moved_versions(pair.old, pair.new, patch.context), *moved_numbers(pair.old, pair.new, patch.context)):
            yield kind, (pair.old.strip(), pair.new.strip())


def _constructs(patch: Patch) -> _Found:
    """Constructs that the removed lines hold and the added ones do not, or the other way round."""
    for construct, (pattern, gone, come) in _CONSTRUCTS.items():
        left = [(line, _count(pattern, line, construct)) for line in patch.removed]
        right = [(line, _count(pattern, line, construct)) for line in patch.added]
        balance = sum(count for _, count in right) - sum(count for _, count in left)
        if balance < 0:
            yield gone, [line.strip() for line, count in left if count] + _near(patch, left)
        elif balance > 0:
            yield come, [line.strip() for line, count in right if count]
            if construct == "order" and (locks := [line.strip() for line, count in right if count and _LOCKS.search(line)]):
                yield "locked", locks


def _count(pattern: re.Pattern[str], line: str, construct: str) -> int:
    if construct == "check" and _RETURNS_ERROR.search(line):
        return 0  # handing an error on is no check of its own
    return len({match.group(0).lower() for match in pattern.finditer(line)})


def _near(patch: Patch, counted: Sequence[tuple[str, int]]) -> list[str]:
    """What went together with a construct: the body of a removed check says what the check was for."""
    return [line.strip() for line, count in counted if not count][:4] if len(patch.removed) <= 12 else []


def _names(patch: Patch, is_config: bool) -> _Found:
    """Literals, keys and settings that others may rely on."""
    for pair in patch.pairs:
        if _SPOKEN.search(pair.old) or is_version(pair.old, pair.new):  # how far a version moved is for its numbers to say
            continue
        if is_config and (kind := _setting(pair)):
            yield kind, (pair.old.strip(), pair.new.strip())
            continue
        if (
            set(_BOOLEAN.findall(pair.old)) != set(_BOOLEAN.findall(pair.new))
            and _BOOLEAN.sub("", pair.old).split() == _BOOLEAN.sub("", pair.new).split()
        ):
            yield "switched", (pair.old.strip(), pair.new.strip())
        old, new = _literals(pair.old), _literals(pair.new)
        if {literal for literal in old - new if not _is_number(literal)} and new - old and not same_but_for_numbers(pair.old, pair.new):
            yield "renamed", (pair.old.strip(), pair.new.strip())


def _literals(line: str) -> set[str]:
    return {literal for groups in _LITERAL.findall(line) for literal in groups if literal}


def _setting(pair: Pair) -> str | None:
    """`renamed` when the key moved, `accumulates` when a log grows talkative, `switched` when a value that is no number changed."""
    old, new = SETTING.match(pair.old), SETTING.match(pair.new)
    if not (old and new):
        return None if same_but_for_numbers(pair.old, pair.new) else "switched"
    if old[1] != new[1]:
        return "renamed"
    if old[2] == new[2] or (_is_number(old[2]) and _is_number(new[2])):
        return None
    if _TALKATIVE.fullmatch(new[2].strip()):
        return "accumulates"
    return "renamed" if re.search(r"key|name|field|column|topic|queue|path|route", old[1], re.I) else "switched"


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"v?[\d.,_]+\s*[a-zA-Z%]{0,12}", text.strip()))


def _objects(patch: Patch) -> _Found:
    """Objects of a database."""
    for line in patch.added:
        if _SQL.search(line):
            yield ("index_dropped" if _INDEX.search(line) else "dropped"), (line.strip(),)
        elif _INDEX_ADDED.search(line):
            yield "index_added", (line.strip(),)
    for line in patch.removed:
        if _INDEX.search(line) and re.search(r"@Index|db_index|index:\s*true|index=True|@@index|KEY\b", line):
            yield "index_dropped", (line.strip(),)


def _rest(patch: Patch, files: Sequence[str], is_config: bool) -> _Found:
    removed, added = patch.removed, patch.added
    if removed and any(_CONTRACT.search(path) for path in files):
        yield "renamed", [line.strip() for line in (*removed, *added)]
    if lines := [line for line in removed if _ACCESS.search(line)] if is_config or _access_file(patch) else []:
        yield (
            "access",
            [
                line.strip()
                for line in (*lines, *(line for line in added if _ACCESS.search(line)), *(line for line in removed if line not in lines))
            ],
        )
    if (lines := [line for line in added if _BLOCKS.search(line) and line not in patch.reacting]) and not any(
        _BLOCKS.search(line) for line in removed
    ):
        yield "blocking", [line.strip() for line in lines]
    if (lines := [line for line in added if _SEARCHES.search(line)]) and not any(_SEARCHES.search(line) for line in removed):
        yield "unindexed", [line.strip() for line in lines]
    if (lines := [line for line in removed if _FILTERS.search(line)]) and not any(_FILTERS.search(line) for line in added):
        yield "unbounded", [line.strip() for line in lines]
    if (lines := _calls_in_a_loop(patch)) and not any(_CALLS.search(line) for line in removed):
        yield "amplified", [line.strip() for line in lines]
    if (lines := [line for line in added if _KEEPS.search(line)]) and not any(_KEEPS.search(line) for line in removed):
        yield "accumulates", [line.strip() for line in lines]
    if removed and len(removed) > len(added) + 1:
        yield "removed", [line.strip() for line in removed if line not in {pair.old for pair in patch.pairs}]
    for pair in patch.pairs:
        gone, come = set(_CALL.findall(pair.old)), set(_CALL.findall(pair.new))
        if _CONDITION.search(pair.old) and _OPERATORS.findall(pair.old) != _OPERATORS.findall(pair.new):
            yield "condition", (pair.old.strip(), pair.new.strip())
        elif gone - come and come - gone:
            yield "replaced", (pair.old.strip(), pair.new.strip())
        elif _code(pair.old) != _code(pair.new):
            yield "altered", (pair.old.strip(), pair.new.strip())


def _code(line: str) -> str:
    """A line without its literals, numbers and spaces: what it does, not with what."""
    return re.sub(r"\d+|\s+", "", _QUOTED.sub("", line))


def _access_file(patch: Patch) -> bool:
    return any(re.search(r"\b(policy|statement|role|grant|rbac|egress|ingress)\b", line, re.I) for line in (*patch.context, *patch.headers))


def _calls_in_a_loop(patch: Patch) -> list[str]:
    """Added lines that call out where something is repeated."""
    if not any(_LOOP.search(line) for line in (*patch.added, *patch.context, *patch.headers)):
        return []
    return [line for line in patch.added if _CALLS.search(line)]
