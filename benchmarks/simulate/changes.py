"""What people did: commits, deploys and flags, the guilty one and innocent ones around it, in GitHub's, CDEvents' and LaunchDarkly's forms.

Knows:   which diff, message and error line belong to each mechanism.  Names in them follow from the service, so that no two cases read alike.
Ignores: physics and scoring.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from benchmarks.simulate.metrics import Record, Stamp
from benchmarks.simulate.outage import Outage
from benchmarks.simulate.pods import Deploy

_GUILTY: Final = {
    "slow": (
        "Simplify {thing} lookup",
        "- CREATE INDEX {thing}_by_owner ON {thing}s (owner_id);\n+ -- {thing}_by_owner is covered elsewhere",
    ),
    "exception": (
        "Tidy {thing} mapping",
        "-    if {thing}_detail is None:\n-        return Empty{Thing}()\n     return to_{thing}({thing}_detail)",
    ),
    "leak": ("Keep {thing} results for the next request", "+_{thing}_seen = {{}}\n+    _{thing}_seen[request_id] = result"),
    "pool": ("Review {thing} settings", "-max_{thing}_connections = 50\n+max_{thing}_connections = 4"),
    "chatty": ("Load {thing} details one by one", "-    details = client.batch(ids)\n+    details = [client.get(id) for id in ids]"),
}
_ERRORS: Final = {
    "exception": "NullReference in to_{thing}: {thing}_detail is None",
    "code": "IndexError in split_{thing}: list index out of range",
    "dependency": "connect to api.{thing}-provider.example failed: connection timed out",
    "memory": "java.lang.OutOfMemoryError: Java heap space",
    "leak": "MemoryError while keeping {thing} result",
}
_GRUMBLES: Final = {
    "pool": "waited for a {thing} connection: 4 of 4 in use",
    "config": "no free worker for {thing}, queued",
    "disk": "fsync of {thing} journal took {{ms}} ms",
    "memory": "GC pause of {{small}}00 ms",
    "leak": "GC pause of {{small}}00 ms",
    "slow": "slow query on {thing}s: sequential scan, {{ms}} ms",
}
_INNOCENT: Final = (
    ("Translate labels of {thing} page", "docs/{thing}.md", "+Labels are translated."),
    ("Add metric for {thing} cache", "src/{thing}/metrics.py", "+{thing}_cache_hits.inc()"),
    ("Rename variable in {thing} report", "src/{thing}/report.py", "-    res = build()\n+    report = build()"),
    ("Bump test runner", "requirements-dev.txt", "-pytest==8.2\n+pytest==8.3"),
    ("Show {thing} total in footer", "src/{thing}/view.py", "+    footer.add(total)"),
    ("Guard against empty {thing} list", "src/{thing}/list.py", "+    if not items:\n+        return []"),
)


@dataclass(frozen=True, slots=True)
class Story:
    """What the guilty code says and which change brought it."""

    error: str
    """Template of the failing code's own error line; "" where it has none."""
    grumble: str
    """Template of a warning that it now writes."""
    change: str | None
    also: tuple[str, ...]
    records: tuple[Record, ...]


def story(outage: Outage, deploys: list[Deploy], stamp: Stamp, ms: Callable[[float], int]) -> Story:
    plan, fault = outage.plan, outage.fault
    thing = outage.estate.names[fault.root].partition("-")[0]
    writer = _Writer(outage, stamp, ms)
    records: list[Record] = []
    guilty: list[str] = []
    for deploy in deploys:
        ids = writer.deploy(deploy, records)
        if deploy.guilty:
            guilty = ids
    if plan.changes:
        if plan.fault == "config":
            guilty = [writer.flag(fault.root, f"{thing}_worker_limit", fault.begin_s, records)]
        for number in range(writer.dice.randint(0, 2)):
            other = writer.dice.choice([each for each in range(outage.estate.size) if each != fault.root])
            name = outage.estate.names[other].partition("-")[0]
            writer.flag(other, f"{name}_banner_{number}", writer.dice.uniform(0.2, 1.0) * fault.begin_s, records)
    error = _ERRORS.get(fault.mechanism, "")
    return Story(
        error=error.format(thing=thing),
        grumble=_GRUMBLES.get(fault.mechanism, "").format(thing=thing),
        change=guilty[0] if guilty else None,
        also=tuple(guilty[1:]),
        records=tuple(sorted(records)),
    )


class _Writer:
    def __init__(self, outage: Outage, stamp: Stamp, ms: Callable[[float], int]) -> None:
        self.outage, self.stamp, self.ms = outage, stamp, ms
        self.dice = random.Random(f"changes {outage.plan.seed}")

    def deploy(self, deploy: Deploy, records: list[Record]) -> list[str]:
        """A push and the deploy that carries it; ids that name them, the commit first."""
        plan, name = self.outage.plan, self.outage.estate.names[deploy.service]
        thing = name.partition("-")[0]
        sha = f"{self.dice.getrandbits(160):040x}"
        pushed_s = deploy.at_s - self.dice.uniform(120, 900)  # may lie before the first sample
        if deploy.guilty:
            message, patch = _GUILTY[self.outage.fault.mechanism]
            path = f"src/{thing}/{self.outage.fault.mechanism[:2]}_{thing}.py"
        else:
            message, path, patch = self.dice.choice(_INNOCENT)
        filled = {"thing": thing, "Thing": thing.capitalize()}
        body = self._push(name, sha, pushed_s, message.format(**filled), path.format(**filled), patch.format(**filled))
        if not plan.diffs:
            del body["commits"][0]["patch"]
        records.append((pushed_s, orjson.dumps(body | {"head_commit": body["commits"][0]})))
        return [sha, *self._deployed(deploy, name, sha, records)]

    def _deployed(self, deploy: Deploy, name: str, sha: str, records: list[Record]) -> Iterator[str]:
        steps = deploy.steps if self.outage.plan.rollouts else deploy.steps[:1]
        ids = []
        for number, (at_s, started, stopped) in enumerate(steps, 1):
            event = self._event(name, sha, deploy.version, at_s)
            if self.outage.plan.rollouts:
                event["customData"] = {
                    "rollout": {
                        "from": f"v{deploy.version - 1}", "to": f"v{deploy.version}", "step": number, "steps": len(steps),
                        "podsStarted": [started], "podsStopped": [stopped],
                    }
                }  # fmt: skip
                event["customDataContentType"] = "application/json"
            records.append((at_s, orjson.dumps(event)))
            ids.append(event["context"]["id"])
        return iter(ids)

    def _event(self, name: str, sha: str, version: int, at_s: float) -> dict[str, Any]:
        return {
            "context": {
                "version": "0.4.1", "id": str(uuid.UUID(int=self.dice.getrandbits(128), version=4)), "source": "/ci/shop",
                "type": f"dev.cdevents.service.{'upgraded' if self.outage.plan.rollouts else 'deployed'}.0.2.0", "timestamp": self.stamp(at_s),
            },
            "subject": {
                "id": name, "source": "/cluster/prod", "type": "service",
                "content": {"environment": {"id": "prod"}, "artifactId": f"pkg:oci/{name}@v{version}?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fshop%2F{name}%40{sha}"},
            },
        }  # fmt: skip

    def _push(self, name: str, sha: str, at_s: float, message: str, path: str, patch: str) -> dict[str, Any]:
        commit = {
            "id": sha, "distinct": True, "message": message, "timestamp": self.stamp(at_s), "author": {"name": "developer", "username": "developer"},
            "added": [], "removed": [], "modified": [path], "patch": f"@@ -1,3 +1,3 @@\n{patch}",
        }  # fmt: skip
        return {
            "ref": "refs/heads/main", "before": "0" * 40, "after": sha, "created": False, "deleted": False, "forced": False,
            "repository": {"name": name, "full_name": f"shop/{name}"}, "pusher": {"name": "developer"}, "commits": [commit],
        }  # fmt: skip

    def flag(self, service: int, key: str, at_s: float, records: list[Record]) -> str:
        body = {
            "_id": str(uuid.UUID(int=self.dice.getrandbits(128), version=4)), "kind": "flag", "date": self.ms(at_s), "name": key,
            "titleVerb": "changed the default rule of", "description": "", "member": {"role": "developer"},
            "target": {"name": key, "resources": [f"proj/shop:env/prod:flag/{key}"]},
            "currentVersion": {"key": key, "kind": "boolean", "tags": [self.outage.estate.names[service]]},
        }  # fmt: skip
        records.append((at_s, orjson.dumps(body)))
        return key
