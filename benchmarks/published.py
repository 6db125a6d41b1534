"""What others score on the same outages, and what this project set out to reach: facts, each with its source.

Knows:   figures.
Ignores: how to reproduce them; where they were measured by us, the row says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TOLD: Final = "told when"
"""The method was given the time of each fault; a streaming engine has to find it."""
FINDS: Final = "finds when"


@dataclass(frozen=True, slots=True)
class Peer:
    set: str
    method: str
    time: str
    figures: dict[str, float]
    source: str


PEERS: Final = (
    Peer("trainticket-day1", "prototype of this engine", FINDS, {"AC@1": 0.82, "own AC@1": 0.79}, "measured before the engine was built"),
    Peer("trainticket-day1", "Nezha", TOLD, {"AC@1": 0.893, "AC@3": 1.0, "AC@5": 1.0}, "authors' code on these 28 faults"),
    Peer("trainticket-day1", "log templates against a quiet minute", TOLD, {"AC@1": 0.214, "AC@3": 0.429, "AC@5": 0.5}, "measured"),
    Peer("trainticket-day1", "NSigma, CPU and server P90", TOLD, {"AC@1": 0.143, "AC@3": 0.179, "AC@5": 0.179}, "measured"),
    Peer("trainticket-day1", "BARO, CPU and server P90", TOLD, {"AC@1": 0.143, "AC@3": 0.25, "AC@5": 0.25}, "measured"),
    Peer("trainticket-day1", "MicroRCA", TOLD, {"AC@1": 0.2, "AC@3": 0.311, "AC@5": 0.444}, "Nezha paper (FSE 2023), table 3, 45 faults"),
    Peer("onlineboutique", "prototype of this engine", FINDS, {"AC@1": 0.80}, "measured before the engine was built"),
    Peer("onlineboutique", "BARO, scraped metrics", TOLD, {"AC@1": 0.375, "AC@3": 0.625, "AC@5": 0.714}, "measured on these 56 faults"),
    Peer("onlineboutique", "NSigma, scraped metrics", TOLD, {"AC@1": 0.357, "AC@3": 0.518, "AC@5": 0.696}, "measured on these 56 faults"),
    Peer("onlineboutique", "Nezha with logs and all spans", TOLD, {"AC@1": 0.929, "AC@3": 0.964, "AC@5": 0.964}, "Nezha paper, table 3; logs not in this set"),
    Peer("onlineboutique", "Nezha without logs", TOLD, {"AC@1": 0.643}, "Nezha paper, table 3"),
    Peer("onlineboutique", "MicroRank", TOLD, {"AC@1": 0.411, "AC@3": 0.482, "AC@5": 0.625}, "Nezha paper, table 3"),
    Peer("onlineboutique", "PDiagnose", TOLD, {"AC@1": 0.411, "AC@3": 0.732, "AC@5": 0.821}, "Nezha paper, table 3"),
    Peer("changes", "prototype of this engine", TOLD, {"HR@1": 0.85, "HR@3": 0.94}, "measured before the engine was built"),
    Peer("changes", "ChangeRCA, day of 11", TOLD, {"HR@1": 0.775}, "authors' code, mean of 0.73–0.82 over 3 runs"),
    Peer("changes", "ChangeRCA, day of 22", TOLD, {"HR@1": 0.91}, "authors' code"),
    Peer("changes", "latest release before the alert", TOLD, {"HR@1": 0.42}, "measured"),
    Peer("changes", "MicroScope, shipped answers", TOLD, {"AC@1": 0.55}, "ChangeRCA repository"),
    Peer("changes", "MicroRCA, shipped answers", TOLD, {"AC@1": 0.52}, "ChangeRCA repository"),
    Peer("rootcausebench", "prototype of this engine", TOLD, {"HR@1": 1.0, "abstained": 1.0, "decoys first": 0}, "measured before the engine was built"),
    Peer("rootcausebench", "best language models", TOLD, {"HR@1": 1.0, "decoys first": 0}, "RootCauseBench results; 12 cases × 3 trials"),
    Peer("rootcausebench", "latest deploy", TOLD, {"HR@1": 0.083, "decoys first": 11}, "RootCauseBench results"),
    Peer("rootcausebench", "scripted root cause analysis", TOLD, {"HR@1": 0.25, "decoys first": 9}, "RootCauseBench results"),
    Peer("alertstream", "prototype of this engine", FINDS, {"own AC@1": 0.70, "own AC@3": 0.87, "recall": 1.0, "precision": 1.0}, "measured before the engine was built"),
    Peer("alertstream", "distinct alerts weighed by rarity", TOLD, {"AC@1": 0.50, "AC@3": 0.79, "AC@5": 0.83}, "measured, each fault's alerts alone"),
    Peer("alertstream", "most metric alerts", TOLD, {"AC@1": 0.43, "AC@3": 0.56, "AC@5": 0.73}, "measured, each fault's alerts alone"),
    Peer("alertstream", "most alerts", TOLD, {"AC@1": 0.20, "AC@3": 0.33, "AC@5": 0.44}, "measured, each fault's alerts alone"),
    Peer("alertstorm", "prototype of this engine", FINDS, {"reduction": 0.9999, "purity": 1.0}, "measured before the engine was built"),
    Peer("alertstorm", "gap of 300 s, one stream", FINDS, {"reduction": 0.998, "purity": 0.761}, "measured, mean of the two cases; purity by the alerts' labels"),
    Peer("alertstorm", "gap of 300 s, by host", FINDS, {"reduction": 0.989, "purity": 0.990}, "measured, mean of the two cases; purity by the alerts' labels"),
    Peer("alertstorm", "meta-alerts of AIT-ADS", FINDS, {"reduction": 0.9893}, "authors' paper, all eight scenarios"),
    Peer("petshop", "prototype of this engine", FINDS, {"AC@1": 0.77}, "measured before the engine was built"),
    Peer("petshop", "ranked correlation", TOLD, {"AC@1": 0.65, "AC@3": 0.83}, "measured on all 52 issues"),
    Peer("petshop", "anomaly traversal along the call graph", TOLD, {"AC@1": 0.62, "AC@3": 0.83}, "measured on all 52 issues"),
    Peer("petshop", "CIRCA", TOLD, {"AC@1": 0.33, "AC@3": 0.73}, "measured on all 52 issues"),
    Peer("petshop", "BARO-like robust score", TOLD, {"AC@1": 0.17, "AC@3": 0.37}, "measured on all 52 issues"),
    Peer("petshop", "random walk", TOLD, {"AC@1": 0.0, "AC@3": 0.08}, "measured on all 52 issues"),
    Peer("sockshop", "prototype of this engine", FINDS, {"AC@1": 0.80}, "measured before the engine was built"),
    Peer("sockshop", "BARO", TOLD, {"AC@1": 0.96, "AC@3": 1.0, "Avg@5": 0.99}, "measured on all 50 runs"),
    Peer("sockshop", "NSigma", TOLD, {"AC@1": 0.94, "AC@3": 1.0, "Avg@5": 0.99}, "measured on all 50 runs"),
    Peer("sockshop", "CIRCA", TOLD, {"AC@1": 0.48, "AC@3": 0.66, "Avg@5": 0.64}, "measured on all 50 runs"),
    Peer("sockshop", "PC and PageRank", TOLD, {"AC@1": 0.08, "AC@3": 0.26, "Avg@5": 0.24}, "measured on all 50 runs"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goal:
    set: str
    score: str
    bound: float
    at_most: bool = False

    def met(self, value: float | None) -> bool:
        if value is None:
            return False
        return value <= self.bound + 1e-9 if self.at_most else value >= self.bound - 1e-9


GOALS: Final = (
    Goal("trainticket-day1", "own AC@1", 0.85), Goal("trainticket-day1", "own AC@3", 0.93), Goal("trainticket-day1", "own recall", 0.95),
    Goal("onlineboutique", "own AC@1", 0.82), Goal("onlineboutique", "own AC@3", 0.90), Goal("onlineboutique", "own recall", 0.92),
    Goal("changes", "HR@1", 0.88), Goal("changes", "HR@3", 0.97),
    Goal("rootcausebench", "HR@1", 0.87), Goal("rootcausebench", "decoys first", 0, at_most=True), Goal("rootcausebench", "abstained", 1.0),
    Goal("alertstream", "own AC@1", 0.72), Goal("alertstream", "own AC@3", 0.88), Goal("alertstream", "recall", 0.99),
    Goal("alertstream", "precision", 0.95),
    Goal("alertstorm", "reduction", 0.9995), Goal("alertstorm", "purity", 0.99), Goal("alertstorm", "true incidents/case", 3, at_most=True),
    Goal("petshop", "AC@1", 0.77), Goal("petshop", "AC@3", 0.85),
    Goal("sockshop", "AC@1", 0.90), Goal("sockshop", "recall", 1.0), Goal("sockshop", "false", 0, at_most=True),
    Goal("simulated", "AC@1", 0.9), Goal("simulated", "chain precision", 0.8), Goal("simulated", "F1", 0.95),
)  # fmt: skip


def goals_of(set_name: str) -> list[Goal]:
    return [goal for goal in GOALS if goal.set == set_name]


def peers_of(set_name: str) -> list[Peer]:
    return [peer for peer in PEERS if peer.set == set_name]
