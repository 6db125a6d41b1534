"""Cloud resource ids taken apart: ARNs, GCP resource names, Azure resource ids.

Knows:   the grammar of the three clouds' ids and which resource types are hosts, databases, queues, functions or services.
Ignores: which field the id came from (schemas/identity.py).

Sources: AWS General Reference "Amazon Resource Names"; Google Cloud API design "Resource names"; Azure Resource Manager
"resourceId".  Azure ids compare without case, so they are kept in lower case; the others keep theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_AWS: Final = {
    ("ec2", "instance"): "host", ("ssm", "managed-instance"): "host", ("ecs", "container-instance"): "resource",
    ("rds", "db"): "database", ("rds", "cluster"): "database", ("dynamodb", "table"): "database", ("elasticache", "cluster"): "database",
    ("elasticache", "replicationgroup"): "database", ("redshift", "cluster"): "database", ("es", "domain"): "database",
    ("sqs", ""): "queue", ("sns", ""): "queue", ("kinesis", "stream"): "queue", ("kafka", "cluster"): "queue", ("firehose", "deliverystream"): "queue",
    ("lambda", "function"): "function", ("states", "statemachine"): "function",
    ("ecs", "service"): "service", ("apprunner", "service"): "service", ("elasticbeanstalk", "environment"): "service",
    ("cloudwatch", "alarm"): "alarm",
}  # fmt: skip
_GCP: Final = {
    ("compute", "instances"): "host", ("sqladmin", "instances"): "database", ("cloudsql", "instances"): "database",
    ("spanner", "databases"): "database", ("spanner", "instances"): "database", ("redis", "instances"): "database",
    ("bigtable", "instances"): "database", ("alloydb", "instances"): "database", ("alloydb", "clusters"): "database",
    ("pubsub", "topics"): "queue", ("pubsub", "subscriptions"): "queue", ("cloudtasks", "queues"): "queue",
    ("cloudfunctions", "functions"): "function", ("run", "services"): "service", ("run", "jobs"): "service", ("appengine", "services"): "service",
    ("serving", "services"): "service", ("", "deployments"): "service", ("k8s", "deployments"): "service",
}  # fmt: skip
_AZURE: Final = {
    "microsoft.compute/virtualmachines": "host", "microsoft.hybridcompute/machines": "host", "microsoft.classiccompute/virtualmachines": "host",
    "microsoft.compute/virtualmachinescalesets/virtualmachines": "host",
    "microsoft.sql/servers/databases": "database", "microsoft.sql/servers": "database", "microsoft.documentdb/databaseaccounts": "database",
    "microsoft.cache/redis": "database", "microsoft.dbforpostgresql/servers": "database", "microsoft.dbforpostgresql/flexibleservers": "database",
    "microsoft.dbformysql/servers": "database", "microsoft.dbformysql/flexibleservers": "database", "microsoft.sql/managedinstances": "database",
    "microsoft.servicebus/namespaces": "queue", "microsoft.servicebus/namespaces/queues": "queue", "microsoft.servicebus/namespaces/topics": "queue",
    "microsoft.eventhub/namespaces": "queue", "microsoft.eventhub/namespaces/eventhubs": "queue", "microsoft.eventgrid/topics": "queue",
    "microsoft.web/sites": "service", "microsoft.web/sites/slots": "service", "microsoft.app/containerapps": "service",
    "microsoft.insights/components": "service", "microsoft.appplatform/spring/apps": "service",
    "microsoft.insights/metricalerts": "alarm", "microsoft.insights/scheduledqueryrules": "alarm", "microsoft.insights/activitylogalerts": "alarm",
    "microsoft.insights/alertrules": "alarm", "microsoft.alertsmanagement/alerts": "alarm",
}  # fmt: skip
_ARN: Final = re.compile(r"arn:(aws[\w-]*):([\w-]*):([\w-]*):(\d*|aws):(.+)", re.DOTALL)
_GCP_SELF_LINK: Final = re.compile(r"(?:https?:)?//(?:www\.)?([\w-]+)\.?(?:googleapis\.com)?/(?:\1/)?(?:v\d\w*/)?(.+)")
_ARM: Final = re.compile(r"/subscriptions/([^/]+)(?:/resourcegroups/([^/]+))?(?:/providers/(.+))?", re.IGNORECASE)
_MAX_CHARS: Final = 2048
"""Longest id of the three clouds (ARN)."""


@dataclass(frozen=True, slots=True)
class Resource:
    id: str
    """As compared: ARM ids in lower case, GCP names without scheme and host."""
    kind: str
    """Of schemas/entity.py; `resource` for types that are nothing nearer."""
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    """`cloud.provider`, `cloud.account.id`, `cloud.region`, … as far as the id tells."""


def resource(text: str) -> Resource | None:
    """The resource an id speaks of; None for text that is no cloud resource id."""
    text = text.strip()
    found = _parsed(text) if len(text) <= _MAX_CHARS else None
    return found if found is not None and found.name.strip() else None


def _parsed(text: str) -> Resource | None:
    if text.startswith("arn:"):
        return _from_arn(text)
    if text[:15].lower() == "/subscriptions/":
        return _from_arm(text)
    if text.startswith(("//", "https://www.googleapis.com/", "https://compute.googleapis.com/", "projects/")):
        return _from_gcp(text)
    return None


def _from_arn(text: str) -> Resource | None:
    match = _ARN.fullmatch(text)
    if not match:
        return None
    _, service, region, account, rest = match.groups()
    parts = re.split(r"[:/]", rest)
    kind, name = _AWS.get((service, "")), parts[-1]
    if kind is None:
        kind = _AWS.get((service, parts[0].lower()), "resource")
        name = _aws_name(service, rest, parts)
    return Resource(text, kind, name, _given({"cloud.provider": "aws", "cloud.account.id": account, "cloud.region": region}))


def _aws_name(service: str, rest: str, parts: list[str]) -> str:
    if service == "lambda" and len(parts) > 1:
        return parts[1]  # function:name[:version or alias]
    if service == "cloudwatch":
        return rest.partition(":")[2] or rest  # alarm names may hold : and /
    if service == "elasticloadbalancing" and len(parts) > 3:
        return parts[2]  # loadbalancer/app/name/id
    if service == "elasticloadbalancing" and len(parts) > 2:
        return parts[1]  # targetgroup/name/id
    if service == "autoscaling" and "autoScalingGroupName/" in rest:
        return rest.rpartition("autoScalingGroupName/")[2]
    if service in ("kafka", "es") and len(parts) > 1:
        return parts[1]  # cluster/name/uuid
    return parts[-1] or rest


def _from_gcp(text: str) -> Resource | None:
    service, path = "", text
    if not text.startswith("projects/"):
        match = _GCP_SELF_LINK.fullmatch(text)
        if not match:
            return None
        service, path = match[1], match[2]
    parts = [part for part in path.split("/") if part]
    if len(parts) < 2:
        return None
    places = dict(zip(parts[::2], parts[1::2], strict=False))
    type_ = parts[-2] if len(parts) % 2 == 0 else parts[-1]
    kind = _GCP.get((service, type_)) or (_GCP.get(("compute", type_)) if "zones" in places else None) or _GCP.get(("", type_), "resource")
    zone = places.get("zones", "")
    region = places.get("regions") or places.get("locations") or zone.rpartition("-")[0]
    facts = {
        "cloud.provider": "gcp",
        "cloud.account.id": places.get("projects", ""),
        "cloud.region": region,
        "cloud.availability_zone": zone,
    }
    return Resource(path, kind, parts[-1], _given(facts))


def _from_arm(text: str) -> Resource | None:
    match = _ARM.fullmatch(text.rstrip("/"))
    if not match:
        return None
    subscription, group, provider = match.groups()
    facts = _given(
        {"cloud.provider": "azure", "cloud.account.id": subscription.lower(), "azure.resource_group.name": (group or "").lower()}
    )
    parts = (provider or "").split("/providers/")[-1].split("/")
    if len(parts) < 3:
        return Resource(text.rstrip("/").lower(), "resource", (group or subscription).lower(), facts)
    type_ = "/".join([parts[0], *parts[1::2]]).lower()
    name = parts[-1] if len(parts) % 2 else parts[-2]
    while type_ not in _AZURE and type_.count("/") > 1:
        type_ = type_.rpartition("/")[0]  # a part of a site or a server is about the site or the server
        name = parts[2 * type_.count("/")]
    kind = _AZURE.get(type_)
    if kind is None:
        return Resource(text.rstrip("/").lower(), "resource", parts[-1] if len(parts) % 2 else parts[-2], facts)
    return Resource(text.rstrip("/").lower(), kind, name, facts)


def _given(facts: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in facts.items() if value}
