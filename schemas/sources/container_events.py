"""Docker engine events: containers that die, are killed, run out of memory, start; images and networks that come and go.

Reference: Docker Engine API "Monitor events" (Podman writes the same).
Identity:  the container's id and name, and the service that Compose, Swarm or ECS labels name.
Time:      timeNano, else time.
Severity:  a container that ran out of memory, or ended with another exit code than 0 or 143 (asked to stop), is an error; unhealthy warns.
State:     state; what is pulled, pushed, tagged or updated is a change.
Dedup:     none: each event is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.carried import carried_host
from schemas.sources.cloud import first, mapping, row, sentence, text
from schemas.sources.fields import labels, text_at
from schemas.sources.source import Received, Source

DOCKER_EVENT: Final = "docker.event"
_CHANGES: Final = ("push", "pull", "tag", "untag", "import", "load", "delete", "update", "rename", "prune")
_ASKED_TO_END: Final = ("", "0", "143")
"""Exit codes of an orderly end; 143 is SIGTERM."""


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    kind, action = text(document.get("Type")), first(document, "Action", "status")
    verb, facts = action.partition(":")[0].strip(), labels(mapping(document.get("Actor")).get("Attributes"))
    name, id_, code = facts.get("name", ""), text_at(document, "Actor.ID") or text(document.get("id")), facts.get("exitCode", "")
    named = {key: value for key, value in facts.items() if key.startswith(("com.", "io."))}
    if kind == "container":
        named |= {"container.id": id_, "container.name": name, "container.image.name": facts.get("image", "")}
    else:
        named[f"docker.{kind or 'object'}.name"] = name or id_
    failed = verb == "oom" or (verb == "die" and code not in _ASKED_TO_END)
    yield row(
        received, Kind.CHANGE if kind != "container" and verb in _CHANGES else Kind.STATE, DOCKER_EVENT, {**carried_host(received), **named}, name=f"{kind}.{verb}",
        fallback=f"resource:{kind}/{name or id_}", event_time_ns=times.parse(document.get("timeNano")) or times.parse(document.get("time")),
        severity_number=severity.ERROR if failed else severity.WARN if "unhealthy" in action else severity.INFO,
        text=sentence(f"{kind} {name or id_[:12]} {action}", code and f"with exit code {code}", facts.get("image", "")), details={"action": verb, "exit_code": code},
    )  # fmt: skip


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("Actor"), dict) and {"Type", "Action"} <= document.keys()


SOURCES: Final = (Source(DOCKER_EVENT, _recognises, read),)
