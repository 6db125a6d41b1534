"""Which change began it, or none: the judges' sums, weighed against each other.

Knows:   the order of the judges; that "no change is guilty" is one more hypothesis, with the prior of all that is not due to changes.
Ignores: what any judge looks at (correlate/evidence/).

Scores are a softmax over the sums of nats of all changes and of "none".  The prior of a change is shared by all that were live, so
that a busy day accuses nobody more.  A change that nothing ties to the trouble itself stays a suggestion (below 0.5).
"""

from __future__ import annotations

from math import exp, fsum, inf, log
from typing import Final

from correlate.causes import DEAD, TRAFFIC
from correlate.evidence import change_kind, change_place, change_time, exogenous, mechanism, recovery, replicas, rollout, text
from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket, Judge, open_docket
from correlate.evidence.grades import CLUE, FAIR, PROOF, STRONG
from correlate.evidence.traffic import surge
from correlate.parameters import DEFAULTS
from correlate.scene import Scene, Suspect
from schemas.incident import Argument

JUDGES: Final[tuple[Judge, ...]] = (
    change_time.judge, change_place.judge, rollout.judge, text.judge, mechanism.judge, change_kind.judge, recovery.judge,
)  # fmt: skip
_PRIOR_KINDS: Final = frozenset({change_time.KIND, change_kind.KIND})
"""Evidence by which the live changes share their prior: when they came, and whether they can reach production at all."""
_TYING: Final = {recovery.KIND: FAIR, text.KIND: FAIR, replicas.KIND: STRONG + CLUE}
"""Evidence that ties a change to the trouble itself, and not only to its time and place: how much of it does (nats).  New replicas that
stray a little make a suggestion."""
SUGGESTION: Final = 0.49
"""Most that a change earns which nothing ties to the trouble."""


def judge_changes(scene: Scene) -> list[Suspect]:
    """Every change before the incident and "no change", as suspects; "no change" leads only where it is likelier than any at all."""
    docket = open_docket(scene)
    heard = [(candidate, _hear(docket, candidate)) for candidate in docket.candidates]
    none_arguments = exogenous.judge(docket)
    sums = [sum(argument.nats for argument in arguments) for _, arguments in heard]
    none_sum = _none_prior(heard) + sum(argument.nats for argument in none_arguments)
    top = max([*sums, none_sum])
    total = sum(exp(nats - top) for nats in (*sums, none_sum))
    suspects = []
    for (candidate, arguments), nats in zip(heard, sums, strict=True):
        score = exp(nats - top) / total
        tied = is_tied(docket, candidate, arguments)
        suspects.append(_suspect(docket, candidate, arguments, score if tied else min(score, SUGGESTION)))
    suspects.sort(key=lambda suspect: (-suspect.score, suspect.change.change_id if suspect.change else ""))
    none = _none(docket, none_arguments, exp(none_sum - top) / total)
    suspects.insert(0 if none.score >= 0.5 or not suspects else 1, none)
    return suspects


def judge_traffic(scene: Scene) -> list[Suspect]:
    """Where no change was reported: the surge of requests that began it, as the one suspect; [] without one."""
    rise = surge(scene)
    if rise is None or rise.entity is None:
        return []
    return [Suspect(rise.entity, TRAFFIC, None, 1.0, (Argument(kind=exogenous.KIND, nats=PROOF, text=rise.text),))]


def _hear(docket: Docket, candidate: Candidate) -> tuple[Argument, ...]:
    return tuple(argument for judge in JUDGES for argument in judge(docket, candidate))


def _none_prior(heard: list[tuple[Candidate, tuple[Argument, ...]]]) -> float:
    """Prior of "no change" (nats) against the prior that the live changes share; one that just took effect counts 1."""
    live = fsum(
        exp(sum(a.nats for a in arguments if a.kind in _PRIOR_KINDS) - log(2) - (0.0 if candidate.deployed else FAIR))
        for candidate, arguments in heard
    )
    return log(2 * (1 - DEFAULTS.change_share) / DEFAULTS.change_share * max(live, 1.0))


def is_tied(docket: Docket, candidate: Candidate, arguments: tuple[Argument, ...]) -> bool:
    """Whether anything but time and place connects a change with the trouble: words, numbers, replicas, an undoing."""
    near = docket.share(candidate) >= DEFAULTS.hop_share  # replicas stuck beside old ones that serve are news, but not of trouble elsewhere
    return docket.link(candidate).nats >= CLUE or any(
        argument.nats >= _TYING.get(argument.kind, inf) and (argument.kind != replicas.KIND or near or argument.nats >= PROOF)
        for argument in arguments
    )


def _suspect(docket: Docket, candidate: Candidate, arguments: tuple[Argument, ...], score: float) -> Suspect:
    entity, _ = docket.seat(candidate)
    ordered = tuple(sorted(arguments, key=lambda argument: (-abs(argument.nats), argument.kind, argument.text)))
    return Suspect(
        entity=entity, kind="change", change=candidate.row, score=score, arguments=ordered, missing=_missing(docket, candidate, arguments)
    )


def _missing(docket: Docket, candidate: Candidate, arguments: tuple[Argument, ...]) -> tuple[str, ...]:
    """What would settle the case for or against one change."""
    kinds = {argument.kind for argument in arguments}
    missing = []
    if not docket.content(candidate).has_diff and not docket.content(candidate).effects and not candidate.is_flag:
        missing.append("The change carries no diff: what it does cannot be held against the errors.")
    if candidate.deployed and replicas.KIND not in kinds:
        missing.append("No series tells its new replicas from old ones.")
    if not docket.symptom.wordings:
        missing.append("No error line says what fails.")
    if recovery.KIND not in kinds:
        missing.append("It has not been undone: trouble that ends with a rollback would confirm it, trouble that stays would clear it.")
    return tuple(missing)


def _none(docket: Docket, arguments: list[Argument], score: float) -> Suspect:
    """The hypothesis that no change is guilty."""
    rise = surge(docket.scene)
    silent = exogenous.unchanged_and_down(docket)
    most = max(docket.scene.blame, key=lambda name: (docket.scene.blame[name], name), default=None)
    entity, kind = (silent[0], DEAD) if silent else (rise.entity, TRAFFIC) if rise and rise.entity else (most, "none")
    missing = () if arguments else ("Nothing outside is known to have failed; news from providers, hardware and traffic would settle it.",)
    if not docket.candidates:
        missing = (*missing, "No change was reported in the time before the onset; are all sources of changes connected?")
    return Suspect(entity=entity, kind=kind, change=None, score=score, arguments=tuple(arguments), missing=missing)
