"""Kinds of evidence, each with the way to switch it off in this process: what is lost without it shows what it is worth.

Knows:   where the engine's judges and families of evidence are listed.
Ignores: the figures that come of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

FAMILIES_OF: Final[dict[str, tuple[str, ...]]] = {
    "cpu": ("cpu",),
    "memory": ("memory",),
    "disk and network io": ("io", "network"),
    "errors": ("errors", "edge_errors"),
    "latency": ("latency",),
    "edges": ("edge_in_client", "edge_in_server", "edge_out_client", "edge_out_server"),
    "log share": ("log_share",),
    "log sequence": ("log_sequence",),
    "calls per request": ("calls",),
    "other series": ("other",),
}
_JUDGES: Final = ("change_time", "change_place", "rollout", "text", "mechanism", "change_kind", "recovery")


@dataclass(frozen=True, slots=True)
class Kind:
    says: str
    off: Callable[[], None]
    needs: str
    """The topic without which it has nothing to say."""


def _mute_families(names: tuple[str, ...]) -> None:
    from correlate.telemetry.roles import FAMILIES
    from correlate.telemetry.telemetry import Telemetry

    columns = [FAMILIES.index(name) for name in names]
    calibrate = Telemetry.calibrate

    def muted(self: Telemetry, raw: Any) -> Any:
        nats = calibrate(self, raw)
        nats[:, columns] = 0.0
        return nats

    Telemetry.calibrate = muted  # type: ignore[method-assign]


def _dismiss(judge: str) -> None:
    from correlate import changes

    changes.JUDGES = tuple(each for each in changes.JUDGES if each.__module__.rpartition(".")[2] != judge)  # type: ignore[misc]


def _no_outside() -> None:
    from correlate.evidence import exogenous

    exogenous.judge = lambda docket: []


def _no_corroboration() -> None:
    from correlate.telemetry import blame

    blame.corroborated = lambda total, nats, callers: total


def _no_discount() -> None:
    from correlate.telemetry import blame

    blame.discounted = lambda nats, below, parameters: nats


def _no_calibration() -> None:
    from correlate.telemetry.nulls import Null

    Null.calibrate = lambda self, values: values  # type: ignore[method-assign]


def _no_symptom() -> None:
    import numpy as np

    from correlate.telemetry import inquiry

    inquiry.moving_with = lambda telemetry, series, since_ns, until_ns: np.zeros(len(telemetry.registry.entities))


def _no_alert_ranking() -> None:
    from correlate.alarms import Alarms

    accuse = Alarms.accuse
    Alarms.accuse = lambda self, burst: [replace(each, nats=0.0) for each in accuse(self, burst)]  # type: ignore[method-assign]


KINDS: Final[dict[str, Kind]] = {
    **{
        name: Kind(f"telemetry: {', '.join(families)}", partial(_mute_families, families), "logs" if name.startswith("log") else "metrics")
        for name, families in FAMILIES_OF.items()
    },
    **{f"judge {name}": Kind(f"changes: correlate/evidence/{name}.py", partial(_dismiss, name), "deploys") for name in _JUDGES},
    "judge exogenous": Kind("changes: what speaks for nobody", _no_outside, "deploys"),
    "corroboration by callers": Kind("telemetry: what callers feel adds to their callee", _no_corroboration, "metrics"),
    "discount for callees": Kind("telemetry: callers' errors lose what callees explain", _no_discount, "metrics"),
    "calibrated nulls": Kind("telemetry: surprise against each family's quiet times", _no_calibration, "metrics"),
    "moves with the symptom": Kind("telemetry: correlation with what an alert complains of", _no_symptom, "alerts"),
    "ranking of alerts": Kind("alarms: rarity against incidents and peers", _no_alert_ranking, "alerts"),
}
