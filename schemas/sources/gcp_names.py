"""What Google Cloud calls things: monitored resources with their labels, and full resource names.

Knows:   which label of which resource type names a service, database, queue, function, host or pod.
Ignores: what happened to it.
Source:  Cloud Monitoring, "Monitored resource types"; Google Cloud API design, "Resource names".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from schemas.resource_names import resource
from schemas.sources.cloud import first, mapping, sequence, text

_BY_LABEL: Final = {
    "service_name": "service.name", "configuration_name": "gcp.run.configuration.name", "revision_name": "service.version", "module_id": "service.name",
    "version_id": "service.version", "backend_service_name": "service.name", "backend_name": "gcp.backend.name", "url_map_name": "gcp.url_map.name",
    "forwarding_rule_name": "gcp.forwarding_rule.name", "target_proxy_name": "gcp.target_proxy.name", "matched_url_path_rule": "url.template",
    "function_name": "faas.name", "job_name": "service.name", "job_id": "gcp.job.id", "task_id": "service.instance.id", "job": "service.name",
    "database_id": "db.instance.id", "database": "db.name", "topic_id": "messaging.destination.name", "subscription_id": "messaging.destination.name",
    "queue_id": "messaging.destination.name", "pod_name": "k8s.pod.name", "container_name": "k8s.container.name", "node_name": "k8s.node.name",
    "namespace_name": "k8s.namespace.name", "cluster_name": "k8s.cluster.name", "instance_name": "host.name", "node_id": "host.name",
    "environment_name": "service.name", "workflow_id": "service.name", "pipeline_id": "service.name", "build_trigger_id": "gcp.build_trigger.id",
    "project_id": "cloud.account.id", "zone": "cloud.availability_zone", "region": "cloud.region", "top_level_controller_name": "service.name",
    "repository_name": "service.name", "instance_group_name": "service.name", "instance_group_manager_name": "service.name", "url": "url.full",
    "canonical_service_name": "service.name", "backend_target_name": "service.name", "host": "server.address", "method": "rpc.method", "service": "gcp.service",
}  # fmt: skip
_ID_LABELS: Final = (
    "bucket_name", "dataset_id", "table_id", "firewall_rule_id", "network_id", "subnetwork_id", "subnetwork_name", "unique_id", "build_id", "router_id", "gateway_name",
    "tunnel_id", "disk_id", "image_id", "role_name", "key_ring_id", "crypto_key_id", "name", "instance_group_id", "autoscaler_id", "backend_service_id", "url_map_id",
    "forwarding_rule_id", "snapshot_id", "secret_id", "zone_name", "target_id", "check_id", "api", "sink_id", "policy_name", "resource_id", "model_id", "endpoint_id", "host",
    "nodepool_name", "job_id", "event_id",
)  # fmt: skip
"""Labels that say which resource it is, of types that are nothing nearer."""
_HOLDING: Final = (("cluster", "cluster_name"), ("lb_rule", "url_map_name"), ("_api", "service"))
"""Of resource types with this word in their name, the label that names the thing itself; elsewhere it names what holds it."""
_HOSTS: Final = ("gce_instance", "aws_ec2_instance", "compute.googleapis.com/Instance", "baremetalsolution.googleapis.com/Instance")
_NO_ZONE: Final = frozenset(("global", "-", ""))
_ZONE: Final = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")
_HOLDERS: Final = ("projects", "organizations", "folders", "billingAccounts")
_K8S_NAME: Final = re.compile(
    r"(?P<group>[\w.-]+)/v\w+/(?:namespaces/(?P<namespace>[^/]+)/)?(?P<type>[a-z]+)/(?P<name>[^/]+)(?:/(?P<sub>[a-z]+))?"
)
_K8S_TYPES: Final = {
    "pods": "k8s.pod.name", "nodes": "k8s.node.name", "deployments": "k8s.deployment.name", "statefulsets": "k8s.statefulset.name",
    "daemonsets": "k8s.daemonset.name", "replicasets": "k8s.replicaset.name", "jobs": "k8s.job.name", "cronjobs": "k8s.cronjob.name",
    "services": "service.name", "endpoints": "service.name", "ingresses": "service.name", "horizontalpodautoscalers": "k8s.deployment.name",
    "rollouts": "k8s.deployment.name", "applications": "service.name", "namespaces": "k8s.namespace.name",
}  # fmt: skip


def of_resource(monitored: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Attributes and ids that a monitored resource (`type`, `labels`) names."""
    type_, labels = first(monitored, "type"), mapping(monitored.get("labels"))
    named: dict[str, str] = {"cloud.provider": "gcp", "gcp.resource_type": type_}
    for label, attribute in _BY_LABEL.items():
        if found := text(labels.get(label)):
            named.setdefault(attribute, _short(found))
    named |= _place(labels)
    if instance := text(labels.get("instance_id")):
        named["host.id" if type_ in _HOSTS or not type_ else "db.instance.id" if _is_database(type_) else "service.instance.id"] = _short(
            instance
        )
    if database := named.get("db.instance.id"):
        named["db.instance.id"] = database.rpartition(":")[2]
    ids = [found for label in _ID_LABELS if (found := text(labels.get(label)))]
    ids += [found for label in ("database_id",) if ":" in (found := text(labels.get(label)))]
    ids += [found for word, label in _HOLDING if word in type_ and (found := text(labels.get(label)))]
    return {key: value for key, value in named.items() if value}, ids


def of_labels(labels: Mapping[str, Any]) -> dict[str, str]:
    """What the labels of a log entry name: the pod's own labels and the host of a container."""
    service = first(labels, "k8s-pod/app_kubernetes_io/name", "k8s-pod/app", "k8s-pod/k8s-app", "app", "service", "service_name")
    return {
        key: value
        for key, value in {
            "service.name": service,
            "host.name": first(labels, "compute.googleapis.com/resource_name", "instance_name"),
            "gcp.execution.id": first(labels, "execution_id", "run.googleapis.com/execution_name"),
        }.items()
        if value
    }


def of_vm(payload: Mapping[str, Any]) -> dict[str, str]:
    """The machine that a firewall, flow or DNS query log is told by; its resource is only the subnetwork or the zone."""
    reporter = "dest_instance" if first(payload, "reporter") == "DEST" else "src_instance"
    vm = next((found for key in ("instance", reporter) if (found := first(mapping(payload.get(key)), "vm_name"))), "")
    vm = vm or first(payload, "vmInstanceName").rpartition(".")[2]  # Cloud DNS puts the project's number before the name
    named = {"host.name": vm, "host.id": first(payload, "vmInstanceIdString")}
    return {key: value for key, value in named.items() if value}


def of_autoscaler(payload: Mapping[str, Any]) -> dict[str, str]:
    """The node pool that a decision of the cluster autoscaler makes larger or smaller, and the node it removes."""
    decision = mapping(payload.get("decision"))
    up, down = mapping(decision.get("scaleUp")), mapping(decision.get("scaleDown"))
    grown = next((mapping(mapping(found).get("mig")) for found in sequence(up.get("increasedMigs"))), {})
    gone = next((mapping(mapping(found).get("node")) for found in sequence(down.get("nodesToBeRemoved"))), {})
    group = grown or mapping(gone.get("mig"))
    found = {
        "k8s.node.name": first(gone, "name"),
        "gcp.gke.node_pool.name": first(group, "nodepool"),
        "gcp.instance_group.name": first(group, "name"),
    }
    return {key: value for key, value in found.items() if value}


def of_name(service: str, name: str) -> tuple[dict[str, str], list[str]]:
    """Attributes and ids of a resource name as audit logs give it: below an API's host, or a Kubernetes path."""
    if match := _K8S_NAME.fullmatch(name):
        attribute = _K8S_TYPES.get(match["type"], "")
        named = {"k8s.namespace.name": match["namespace"] or "", attribute: match["name"]}
        return {key: value for key, value in named.items() if key and value}, [name]
    full = f"//{service}/{name}" if service.endswith(".googleapis.com") and "/" in name and not name.startswith("//") else name
    parts = name.strip("/").split("/")
    if len(parts) <= 2 and parts[0] in _HOLDERS and service != "cloudresourcemanager.googleapis.com":
        return {}, []  # the holder of everything is no thing observed, unless it is what was changed
    parsed = resource(full)
    if parsed and parsed.kind == "host":
        return {"host.name": parsed.name, **parsed.attributes}, [full]
    return {}, [full] if name else []


def _place(labels: Mapping[str, Any]) -> dict[str, str]:
    """Zone and region; `location` may be either."""
    location = first(labels, "zone", "location", "region")
    if location in _NO_ZONE:
        return {"cloud.availability_zone": "", "cloud.region": first(labels, "region")}
    if _ZONE.fullmatch(location):
        return {"cloud.availability_zone": location, "cloud.region": location.rpartition("-")[0]}
    return {"cloud.region": location}


def _is_database(type_: str) -> bool:
    return any(word in type_.lower() for word in ("sql", "spanner", "redis", "bigtable", "alloydb", "memcache", "firestore", "memorystore"))


def _short(name: str) -> str:
    """`orders` of `projects/shop/topics/orders`."""
    return name.rpartition("/")[2] if name.startswith(("projects/", "//")) else name
