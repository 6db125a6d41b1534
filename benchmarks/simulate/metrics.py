"""Metric records as prometheus-kafka-adapter writes them: resources and requests of pods, calls between services.

Knows:   names and labels of cAdvisor, of two dialects of request metrics and of the service-graph connector.
Ignores: how the values came about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.simulate.estate import Floats, Ints
from benchmarks.simulate.outage import Outage
from benchmarks.simulate.pods import Pod
from benchmarks.simulate.samples import MEMORY_LIMIT_BYTES, Samples, averaged

Record = tuple[float, bytes]
"""When it is sent, and its value."""
Stamp = Callable[[float], str]

_DIALECTS = (
    ("service_requests_total", "service_request_errors_total", "service_request_duration_seconds", '"quantile":"0.9",'),
    ("http_server_requests_total", "http_server_request_errors_total", "http_server_request_duration_seconds_p90", ""),
)


def metrics(outage: Outage, seen: Samples, pods: list[Pod], stamp: Stamp) -> Iterator[Record]:
    for number, pod in enumerate(pods):
        yield from _of_pod(outage, seen, pod, number, stamp)
    if outage.plan.graph:
        for edge in range(len(outage.estate.client)):
            yield from _of_edge(outage, seen, edge, stamp)


def _of_pod(outage: Outage, seen: Samples, pod: Pod, number: int, stamp: Stamp) -> Iterator[Record]:
    plan, estate, service = outage.plan, outage.estate, pod.service
    chance = np.random.default_rng([plan.seed, 3, number])
    offset_s = float(chance.uniform(0, min(plan.step_s * 0.9, 10.0)))  # scrapes of one round are spread
    alive = (seen.at_s > pod.from_s) & (seen.at_s <= pod.to_s)
    places = np.nonzero(alive)[0]
    if not len(places):
        return
    rows = {name: values[places] for name, values in _resources(outage, seen, pod, chance).items()}
    requests, errors, latency, quantile = _DIALECTS[plan.dialect]
    rows |= {requests: (r := _requests(outage, seen, pod, places))[0], errors: r[1]}
    labels = f'"namespace":"prod","pod":"{pod.name}","service":"{estate.names[service]}","version":"{pod.version}"'
    p90 = _latency(outage, seen, pod)[places]
    for row, at_s in enumerate((seen.at_s[places] + offset_s).tolist()):
        for name, values in rows.items():
            yield at_s, _record(stamp(at_s), float(values[row]), name, labels)
        yield at_s, _record(stamp(at_s), float(p90[row]), latency, quantile + labels)


def _resources(outage: Outage, seen: Samples, pod: Pod, chance: np.random.Generator) -> dict[str, Floats]:
    """Per sample: CPU seconds, resident bytes, written bytes, disk seconds, sent bytes, restarts."""
    plan, estate, course, fault = outage.plan, outage.estate, outage.course, outage.fault
    many, service = len(seen.at_s), pod.service

    def noise() -> Floats:
        return np.asarray(np.exp(chance.normal(0, plan.noise, many)))

    hurt = seen.at_s > pod.hurt_from_s
    ended = seen.at_s > fault.end_s
    cores = max(0.05, float(estate.cores[service]) / max(int(estate.pods[service]), 1))
    used = averaged(course.cpu[:, service], seen.begins)
    if service == fault.root and service in fault.conditions.hog:
        hog = averaged(fault.conditions.hog[service], seen.begins)
        share = fault.hurt_pods / int(estate.pods[service])
        used = np.where(hurt, np.minimum(used - hog + hog / share, 1.0), used - hog)
    per_pod = seen.requests[:, service] / max(int(estate.pods[service]), 1)
    resident = MEMORY_LIMIT_BYTES * (0.35 + 0.1 * np.cumsum(chance.normal(0, 0.01, many)).clip(-1, 1)) * noise() ** 0.2
    restarts = np.zeros(many)
    if service == fault.root and fault.memory is not None and np.isfinite(pod.hurt_from_s):
        used_share = averaged(fault.memory, seen.begins)
        resident = np.where(hurt & ~ended, resident + used_share * MEMORY_LIMIT_BYTES * 0.6, resident)
        restarts = np.sum([seen.at_s >= at_s for at_s in fault.restarts], axis=0).astype(float)
    disk_s = per_pod * 0.0004 * noise()
    written = per_pod * float(chance.uniform(200, 4000)) * noise()
    if service in outage.jobs:
        disk_s = disk_s * (1 + 8 * averaged(outage.jobs[service], seen.begins))
    if service == fault.root and fault.io is not None:
        factor = averaged(fault.io, seen.begins)
        disk_s = np.minimum(disk_s * np.where(hurt, factor, 1.0) ** 2, plan.step_s * 0.98)
        written = written * np.where(hurt, factor, 1.0)
    lost = per_pod * 4e-4 * noise()
    if service == fault.root and fault.drops is not None:
        lost = lost + per_pod * 20 * averaged(fault.drops, seen.begins)
    return {
        "container_cpu_usage_seconds_total": np.cumsum(np.minimum(used * noise(), 1.0) * cores * plan.step_s),
        "container_memory_working_set_bytes": resident,
        "container_fs_writes_bytes_total": np.cumsum(written),
        "container_fs_io_time_seconds_total": np.cumsum(disk_s),
        "container_network_transmit_bytes_total": np.cumsum(per_pod * 2_500 * noise()),
        "container_network_receive_packets_dropped_total": np.cumsum(np.round(lost)),
        "kube_pod_container_status_restarts_total": restarts,
    }


def _requests(outage: Outage, seen: Samples, pod: Pod, places: Ints) -> tuple[Floats, Floats]:
    """Counters of requests and errors since the pod began; errors stay with the pods that make them."""
    estate, service, fault = outage.estate, pod.service, outage.fault
    share = 1 / max(int(estate.pods[service]), 1)
    errors = seen.errors[:, service] * share
    if service == fault.root and service in fault.conditions.fails and fault.hurt_pods:
        running = np.clip(np.sum([seen.at_s > at_s for at_s in fault.steps_s], axis=0), 1, None)
        errors = np.where(seen.at_s > pod.hurt_from_s, seen.errors[:, service] / running, 0.0)
    requests = np.round(seen.requests[:, service] * share)
    return np.cumsum(requests[places]), np.cumsum(np.minimum(np.round(errors), requests)[places])


def _latency(outage: Outage, seen: Samples, pod: Pod) -> Floats:
    """The service's quantile; where only some pods are slow, theirs is longer and the others' is as if nothing were."""
    fault, service = outage.fault, pod.service
    usual = seen.p90_s[:, service]
    pods = int(outage.estate.pods[service])
    if service != fault.root or pods == 1 or service not in (*fault.conditions.slow, *fault.conditions.hog):
        return usual
    begins = seen.begins
    own = averaged(outage.course.own_s[:, service], begins) - averaged(outage.without.own_s[:, service], begins)
    total = averaged(outage.course.latency_s[:, service], begins)
    running = np.clip(np.sum([seen.at_s > at_s for at_s in fault.steps_s], axis=0), 1, pods)
    mine = np.where(seen.at_s > pod.hurt_from_s, own * pods / running, 0.0)
    return np.maximum(usual * (total - own + mine) / np.maximum(total, 1e-9), 1e-4)


def _of_edge(outage: Outage, seen: Samples, edge: int, stamp: Stamp) -> Iterator[Record]:
    estate = outage.estate
    chance = np.random.default_rng([outage.plan.seed, 4, edge])
    offset_s = float(chance.uniform(0, min(outage.plan.step_s * 0.9, 10.0)))
    labels = f'"client":"{estate.names[estate.client[edge]]}","server":"{estate.names[estate.server[edge]]}"'
    rows = {
        "traces_service_graph_request_total": np.cumsum(seen.edge_requests[:, edge]),
        "traces_service_graph_request_failed_total": np.cumsum(seen.edge_errors[:, edge]),
        "traces_service_graph_request_duration_seconds_p90": seen.edge_p90_s[:, edge],
    }
    for row, at_s in enumerate((seen.at_s + offset_s).tolist()):
        for name, values in rows.items():
            yield at_s, _record(stamp(at_s), float(values[row]), name, labels)


def _record(at: str, value: float, name: str, labels: str) -> bytes:
    told = "NaN" if value != value else f"{value:.6g}" if abs(value) < 1e5 else f"{value:.0f}"
    return f'{{"timestamp":"{at}","value":"{told}","name":"{name}","labels":{{"__name__":"{name}",{labels}}}}}'.encode()
