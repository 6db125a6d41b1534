"""All that the judges have before them, put together once an incident.

Knows:   the scene, the changes in question, what the outage says, and where it sits.
Ignores: verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from correlate.evidence.candidates import Candidate, candidates
from correlate.evidence.content import Content, content
from correlate.evidence.links import Link, link, rarities
from correlate.evidence.places import places
from correlate.evidence.replicas import Fleet, fleet
from correlate.evidence.symptom import Symptom, sort_lines, symptom
from correlate.scene import Scene
from correlate.units import MINUTE_NS
from schemas.incident import Argument

TOLERANCE_NS: Final = MINUTE_NS
"""Clocks differ by seconds and scrapes by a minute: a change this little after the onset may still be before it."""


@dataclass(frozen=True, slots=True)
class Docket:
    scene: Scene
    candidates: tuple[Candidate, ...]
    symptom: Symptom
    places: Mapping[str, float]
    """Entity → its share of the blame, 1 for the most blamed."""
    contents: Mapping[int, Content]
    """By `id` of the candidate."""
    fleet: Fleet
    rarity: Mapping[str, float]
    """Word → 1 when one change alone says it, 0 when all do."""
    links: Mapping[int, Link]
    """How strongly each change's words are those of the outage, by `id` of the candidate."""

    def content(self, candidate: Candidate) -> Content:
        return self.contents[id(candidate)]

    def link(self, candidate: Candidate) -> Link:
        return self.links[id(candidate)]

    def seat(self, candidate: Candidate) -> tuple[str | None, int]:
        """Where and when a change took effect: of all places it may have reached the most blamed, of all steps the last before the onset."""
        rides = [(entity, at_ns) for entity, at_ns in candidate.carried if at_ns <= self.scene.onset_ns + TOLERANCE_NS]
        at_ns = max((step.at_ns for step in candidate.steps if step.at_ns <= self.scene.onset_ns + TOLERANCE_NS), default=candidate.at_ns)
        rides = rides or [(entity, at_ns) for entity in sorted(candidate.entities)]
        return max(rides, key=lambda ride: (self.places.get(ride[0], 0.0), -ride[1], ride[0]), default=(None, at_ns))

    def share(self, candidate: Candidate) -> float:
        """How much of the blame lies where the change was made."""
        return self.places.get(self.seat(candidate)[0] or "", 0.0)


Judge = Callable[[Docket, Candidate], list[Argument]]
"""One kind of evidence: what it has to say for (positive) or against (negative) one change; [] when it has nothing to say."""


def open_docket(scene: Scene) -> Docket:
    found = tuple(candidates(scene))
    lines = sort_lines(scene)
    said = symptom(scene, lines)
    contents = {id(candidate): content(candidate) for candidate in found}
    rarity = rarities(contents.values())
    return Docket(
        scene=scene,
        candidates=found,
        symptom=said,
        places=places(scene),
        contents=contents,
        fleet=fleet(scene.series),
        rarity=rarity,
        links={key: link(each, said.words, said.talk, rarity) for key, each in contents.items()},
    )
