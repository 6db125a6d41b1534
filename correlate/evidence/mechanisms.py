"""How a change can break a system: which effects of a diff could begin which kind of trouble, and which would ease it.

Knows:   tables, and nothing else.  They say what is physically possible; whether it happened is for the judges.
Ignores: programming languages (effects.py finds the effects) and wording in general (the phrases below are those of common runtimes,
         databases and platforms, as their own documentation prints them).

VERSION counts every change of meaning, so that two runs can be compared.
"""

from __future__ import annotations

import re
from typing import Final

VERSION: Final = 2

TROUBLES: Final = {
    name: re.compile(phrases, re.I)
    for name, phrases in {
        "grows": r"\bheap|memory|\boom|file descriptors?|open files|leak|disk .{0,12}full|no space left|allocation failed|handles?\b|goroutines|thread count|working set|inodes",
        "slow": r"\bslow|latency|timed?[ -]?out|deadline|duration|took \d|\bcpu\b|\bblocked|\bp9\d|statement cancel|response time|\bstall",
        "saturated": r"\bpools?\b|exhaust|saturat|queue|too many|\b429\b|throttl|quota|capacity|backlog|\blag\b|overload|shedding|not available|remaining connection|rate limit",
        "oversize": r"too (large|big|long)|\b413\b|exceeds? (the )?(max|limit|size)|payload|larger than",
        "missing": r"not ?found|noclassdef|does ?n[o']t exist|no such (?!host)|undefined (?!is not|reading)|unknown (column|field|method|key|table|property|option|flag|topic)|keyerror|nosuch|\b404\b|no attribute|missing|absent|no route found|cannot (find|import|load)|unresolved|not registered|not defined|unrecogni[sz]ed",
        "null": r"null ?pointer|\bnil\b|nonetype|unwrap|\bnull\b|undefined (is not|reading)|propert(y|ies) of (undefined|null)|out of (range|bounds)|segmentation|panic",
        "malformed": r"pars(e|ing)|decod|deseriali|unmarshal|unexpected (token|end|character|type|field)|invalid|malformed|schema|mismatch|syntax error|cast|encoding|incompatible",
        "denied": r"\b40[13]\b|denied|unauthori[sz]ed|not authori[sz]ed|forbidden|not allowed|permission|signature|credential|x509|unknown authority|token .{0,24}(expired|invalid|not valid|rejected)|authenticat",
        "race": r"deadlock|duplicate|conflict|concurren|\brace\b|constraint|inconsisten|lost update|lock (wait|timeout)|double",
        "unreachable": r"refused|unreachable|no route to host|i/o timeout|reset by peer|no healthy|(cannot|could not|failed to) (connect|resolve)|no such host|name or service|connect(ion)? timed? ?out|dial ",
        "flapping": r"restart|crash|probe|back-?off|killed|evicted|rebalanc|leader|heartbeat|session (expired|timed)|not ready|exited",
    }.items()
}  # fmt: skip
"""Kind of trouble → how alarms and error lines say it."""

SURE, LIKELY, VAGUE, BARELY = 1.0, 0.6, 0.3, 0.1
"""How well an effect explains a trouble: it is the textbook cause; it is a known one; it may break anything; it did touch something."""

_ANYTHING: Final = {
    "switched": VAGUE,
    "removed": VAGUE,
    "major": VAGUE,
    "replaced": VAGUE,
    "flipped": VAGUE,
    "altered": VAGUE,
    "condition": VAGUE,
}
CAUSES: Final[dict[str, dict[str, float]]] = {
    "grows": {"leaks": SURE, "unbounded": SURE, "accumulates": SURE, "capacity_cut": LIKELY, "demand_raised": LIKELY, "period_raised": LIKELY, "wait_raised": VAGUE, "capacity_raised": VAGUE, "amplified": VAGUE},
    "slow": {"amplified": SURE, "blocking": SURE, "unbounded": SURE, "wait_cut": LIKELY, "index_dropped": SURE, "locked": LIKELY, "capacity_cut": SURE, "demand_raised": LIKELY, "tries_raised": LIKELY, "leaks": LIKELY, "period_cut": LIKELY, "unindexed": SURE, "period_raised": VAGUE},
    "saturated": {"capacity_cut": SURE, "leaks": SURE, "amplified": SURE, "unbounded": SURE, "tries_raised": SURE, "demand_raised": SURE, "period_cut": SURE, "wait_raised": LIKELY, "blocking": LIKELY, "locked": LIKELY, "index_dropped": LIKELY, "unindexed": LIKELY, "accumulates": LIKELY, "wait_cut": VAGUE, "switched": LIKELY},
    "oversize": {"capacity_cut": SURE, "demand_raised": SURE, "unbounded": SURE, "accumulates": LIKELY},
    "missing": {"condition": LIKELY, "renamed": SURE, "dropped": SURE, "major": SURE, "switched": LIKELY, "unguarded": LIKELY, "minor": VAGUE, "access": VAGUE},
    "null": {"condition": LIKELY, "unguarded": SURE, "renamed": LIKELY, "dropped": LIKELY, "major": LIKELY, "unordered": VAGUE},
    "malformed": {"condition": LIKELY, "renamed": SURE, "major": LIKELY, "dropped": LIKELY, "unguarded": LIKELY, "replaced": LIKELY, "switched": LIKELY, "minor": VAGUE},
    "denied": {"condition": LIKELY, "access": SURE, "switched": LIKELY, "renamed": LIKELY, "wait_cut": LIKELY, "period_cut": LIKELY, "period_raised": VAGUE, "unguarded": LIKELY, "unbounded": VAGUE, "dropped": LIKELY},
    "race": {"condition": LIKELY, "unordered": SURE, "tries_raised": LIKELY, "locked": LIKELY, "demand_raised": LIKELY, "unguarded": LIKELY, "index_dropped": VAGUE, "wait_cut": VAGUE},
    "unreachable": {"access": SURE, "switched": SURE, "renamed": LIKELY, "capacity_cut": LIKELY, "wait_cut": LIKELY, "dropped": LIKELY, "tries_cut": LIKELY},
    "flapping": {"capacity_cut": SURE, "wait_cut": SURE, "tries_cut": SURE, "period_cut": LIKELY, "leaks": LIKELY, "accumulates": LIKELY, "unbounded": LIKELY, "unguarded": LIKELY, "renamed": LIKELY, "dropped": LIKELY, "major": LIKELY, "blocking": LIKELY},
}  # fmt: skip
"""Kind of trouble → effects that could begin it, and how well each explains it.  What may break anything is added below."""
UNKNOWN: Final = "unknown"
"""Trouble that no phrase fits: then anything that alters what was there may have begun it, and nothing is sure to have."""
CAUSES[UNKNOWN] = {effect: VAGUE for fits in CAUSES.values() for effect in fits}
for _fits in CAUSES.values():
    for _effect, _fit in _ANYTHING.items():
        _fits.setdefault(_effect, _fit)

EASES: Final[dict[str, frozenset[str]]] = {
    "grows": frozenset({"released", "bounded", "demand_cut", "period_cut"}),
    "slow": frozenset({"index_added", "batched", "bounded", "capacity_raised", "demand_cut"}),
    "saturated": frozenset(
        {"capacity_raised", "bounded", "released", "tries_cut", "batched", "demand_cut", "period_raised", "index_added"}
    ),
    "oversize": frozenset({"capacity_raised", "bounded", "demand_cut"}),
    "missing": frozenset({"guarded"}),
    "null": frozenset({"guarded"}),
    "malformed": frozenset({"guarded"}),
    "denied": frozenset({"guarded"}),
    "race": frozenset({"ordered", "guarded"}),
    "unreachable": frozenset({"guarded", "capacity_raised"}),
    "flapping": frozenset({"wait_raised", "tries_raised", "capacity_raised", "guarded", "released"}),
    UNKNOWN: frozenset(),
}
"""Kind of trouble → effects that work against it: such a change is a cure that came too late, not a cause."""

MEASURED: Final = frozenset(
    {"capacity_raised", "demand_cut", "period_raised", "period_cut", "tries_cut", "tries_raised", "wait_raised", "index_added"}
)
"""Effects read from numbers and objects rather than from words: they are what they seem."""

SLOW: Final = frozenset({"leaks", "accumulates", "period_raised", "unbounded"})
"""Effects that fill something up: they take hours to show, where others take minutes."""

HAZARDS: Final = frozenset(
    {"capacity_cut", "leaks", "unbounded", "unguarded", "unordered", "amplified", "dropped", "index_dropped", "major", "access"}
    | {"period_cut", "tries_raised", "demand_raised", "blocking"}
)
"""Effects that take away what a system leaned on, or put a new load on it; a reviewer would ask about each of them.  To wait shorter is none:
it fails only where somebody is slow already, and its words are those of every outage in which somebody is."""

SAYS: Final = {
    "capacity_cut": "lowers a capacity", "capacity_raised": "raises a capacity", "demand_raised": "raises the demand put on others",
    "demand_cut": "lowers the demand put on others", "wait_cut": "shortens how long it waits", "wait_raised": "lengthens how long it waits",
    "period_cut": "makes something expire or recur sooner", "period_raised": "makes something expire or recur later",
    "tries_raised": "repeats failed calls more often", "tries_cut": "tries less often", "leaks": "no longer releases what it takes",
    "accumulates": "keeps adding to something that nothing empties", "unbounded": "lifts a bound", "amplified": "makes more calls for the same work",
    "blocking": "waits or computes where others wait for it", "locked": "adds a lock", "unordered": "removes a lock or an order",
    "unguarded": "removes a check or a fallback", "renamed": "renames what others may rely on", "dropped": "drops or alters a database object",
    "index_dropped": "drops an index", "index_added": "adds an index", "unindexed": "searches where no index helps", "major": "upgrades across a major version",
    "minor": "upgrades a minor version", "patch": "upgrades a patch level", "flipped": "flips a flag", "altered": "alters what was there", "rewritten": "rewrites what was there", "condition": "changes a condition", "switched": "switches a setting", "replaced": "replaces one call by another",
    "access": "changes who may reach what", "removed": "removes code", "guarded": "adds a check", "released": "adds a release",
    "bounded": "adds a bound", "ordered": "adds a lock or an order", "batched": "gathers calls or caches",
}  # fmt: skip
"""Effect → how a sentence tells it."""

HEARSAY: Final = (
    # what a change without a diff says of itself: (words of its message, what they make likely, strength −1..1); the first that matches decides
    (re.compile(r"\b(logs?|logging|metrics?|gauges?|counters?|histograms?|trac(e|es|ing)|spans?|dashboards?|monitor\w*|alerts?|telemetry|observab\w+|comments?)\b", re.I), "it says that it only observes", -1.0),
    (re.compile(r"^\W*(fix|hotfix|bugfix)\b|\b(guard|handle|avoid|prevent|protect|fall ?back|gracefully?|more robust|catch|retry (on|when)|reconnect|recover|back off|check for|validate)\b", re.I), "it says that it protects", -0.5),
    (re.compile(r"^\W*(\w+\s*(\([^)]*\))?:\s*)?(report|show|tell|say|answer|explain|display|print|expose|warn|announce|document|name)s?\b", re.I), "it says that it only tells of something", -0.5),
    (re.compile(r"\b(refactor\w*|simplif\w+|streamlin\w+|tid(y|ies|ying)|clean\w*(?: ?-?ups?)?|consolidat\w+|centrali[sz]\w+|unif(y|ies)\w*|rewrit\w+|reorgani[sz]\w+|migrat\w+|switch\w*|replac\w+|remov\w+|drop\w*|renam\w+|naming|lower\w*|reduc\w+|shrink\w*|right-?siz\w+|tighten\w*|harden\w*|tun(e|es|ing)|adjust\w*|align\w*|shorten\w*|speed\w*|faster|optimi[sz]\w+|rotat\w+|upgrad\w+|defaults?|perf|more|less|fewer|fresher|shorter|longer|larger|smaller|higher|tighter|stricter|simpler|cheaper|leaner)\b", re.I), "it says that it reworks what was there", 0.5),
)  # fmt: skip
"""Reworking takes away what nobody knew was needed; adding takes away nothing."""

SUBJECTS: Final = (
    # what a change without a diff is about, by its message and paths, and the troubles that begin there
    (r"time-?outs?|deadlines?|budgets?|contexts?|patien\w+|cancel\w*", ("slow", "unreachable", "saturated", "flapping")),
    (r"ttl|expir\w*|cach\w+|refresh\w*|evict\w*|invalidat\w*", ("slow", "saturated", "denied", "grows")),
    (r"pool\w*|limits?|capacity|quotas?|sizes?|sizing|replicas?|memory|cpu|instances?|resources?|workers?|threads?", ("saturated", "slow", "grows", "oversize", "flapping")),
    (r"retr(y|ies|ying)|attempts?|backoff|polls?|polling|schedul\w+|intervals?|cron\w*|batch\w*|bulk|prefetch\w*|assembl\w+|loaders?|lazy|eager|fan-?out", ("slow", "saturated", "grows")),
    (r"fields?|schemas?|columns?|naming|formats?|encod\w+|decod\w+|pars\w+|serial\w+|deserial\w+|dtos?|enums?|contracts?|events?|payloads?|mapp\w+", ("malformed", "missing", "null", "oversize")),
    (r"auth\w*|tokens?|jwt|scopes?|permissions?|roles?|polic(y|ies)|secrets?|credentials?|passwords?|cert\w*|tls|cors|iam|privileges?", ("denied", "unreachable")),
    (r"validat\w+|verif\w+|checks?|guards?|fall-?backs?|defaults?|optional|nullable|responses?", ("null", "denied", "malformed", "missing")),
    (r"quer(y|ies)|sql|index\w*|migrat\w+|database|db|orm|dao|tables?|persist\w*|stor(e|age)|writers?", ("slow", "saturated", "race", "missing", "malformed")),
    (r"locks?|locking|transactions?|concurren\w+|parallel\w*|async\w*|goroutines?|idempoten\w+|order(ing)?", ("race", "slow", "saturated")),
    (r"probes?|health\w*|liveness|readiness|startup|shutdown|termination|lifecycle", ("flapping",)),
    (r"hosts?|urls?|endpoints?|dns|network\w*|egress|ingress|firewall|addresse?s?|routes?|routing|proxy|mesh|ports?", ("unreachable", "missing", "denied")),
    (r"dependenc\w+|upgrad\w+|bump\w*|librar\w+|versions?", ("missing", "malformed", "null", "flapping")),
    (r"buffers?|stream\w*|listeners?|sessions?|clos(e|ing)|handles?|files?|connections?|bod(y|ies)", ("grows", "saturated")),
)  # fmt: skip
"""A commit's message and paths name what it reworks, and each thing fails in its own ways."""

RISKY_PATHS: Final = (
    (re.compile(r"requirements\S*\.txt|go\.mod|package(-lock)?\.json|pom\.xml|\.gradle|Cargo\.toml|Gemfile|pyproject\.toml|composer\.json|Dockerfile", re.I), frozenset({"missing", "malformed", "null", "flapping"}), "dependencies"),
    (re.compile(r"migrat|\.sql$|schema", re.I), frozenset({"missing", "slow", "race", "malformed", "saturated"}), "the database's schema"),
    (re.compile(r"\.(ya?ml|conf|cfg|properties|ini|toml|tf|tfvars|hcl|env)$|(^|/)(charts?|deploy|infra|config|settings)(/|\.)", re.I), frozenset({"saturated", "oversize", "unreachable", "flapping", "denied", "slow", "grows", "missing"}), "configuration"),
)  # fmt: skip
"""Paths by which a change without a diff tells what it could begin."""
