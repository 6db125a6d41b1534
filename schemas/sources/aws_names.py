"""What AWS calls things: keys of details, requests and responses that name a resource.

Knows:   the keys (in any spelling: `instance-id`, `instance_id`, `InstanceId`, `EC2InstanceId`), how keys that are not listed end, and ARNs and
         ids of instances wherever they stand.
Ignores: what happened to the resource, and people: no IAM user, session, principal or access key is ever taken.
Sources: AWS service API references; EventBridge user guide, "Events from AWS services".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.identity import fold
from schemas.sources.cloud import numbered, text, words

_KEYS: Final = {
    "host.id": "instanceid ec2instanceid instanceids",
    "host.name": "hostname",
    "faas.name": "functionname",
    "db.instance.id": "dbinstanceidentifier dbclusteridentifier cacheclusterid replicationgroupid tablename clusteridentifier globalclusteridentifier",
    "messaging.destination.name": "queuename topicname streamname deliverystreamname eventbusname",
    "service.name": "servicename applicationname application pipelinename projectname repositoryname repositorynames jobname canaryname environmentname"
    " autoscalinggroupname statemachinename stackname crawlername appname apiname flowname jobdefinitionname stacknames",
    "aws.ecs.cluster.name": "cluster clustername",
    "aws.ecs.task.definition.name": "taskdefinition",
    "aws.codedeploy.group.name": "deploymentgroup deploymentgroupname",
    "aws.image": "imageid image",
    "cloud.availability_zone": "availabilityzone",
    "aws.resource.id": "resourceid bucketname bucket loadbalancername loadbalancer targetgroupname targetgroup groupid securitygroupid volumeid snapshotid subnetid vpcid networkaclid"
    " routetableid natgatewayid internetgatewayid networkinterfaceid transitgatewayid allocationid keyname rolename groupname policyname"
    " instanceprofilename hostedzoneid distributionid alarmname alarmnames rulename secretid secretname keyid aliasname certificatename domainname"
    " nodegroupname parametername stacksetname loggroupname launchconfigurationname launchtemplateid launchtemplatename dbparametergroupname"
    " dbsubnetgroupname dbsnapshotidentifier dbclustersnapshotidentifier filesystemid clusterid environmentid restapiid stageid layername"
    " dashboardname configrulename namespacename workgroup webaclid ruleid vaultname backupvaultname brokerid canaryid userpoolid"
    " policyid maintenancewindowid documentname associationid workspaceid modelname endpointname trainingjobname notebookinstancename",
}  # fmt: skip
"""Attribute → the folded keys that name it.  Keys that mean many things (`name`, `id`) are the readers' own affair."""
_ATTRIBUTE: Final = {key: attribute for attribute, keys in _KEYS.items() for key in keys.split()}
_PEOPLE: Final = words(
    "useridentity username userid principalid accesskeyid sessionname rolesessionname sessioncontext sourceidentity createdby startedby initiator"
    " creator owner requester actor user users"
)
"""Keys whose value is a person, or holds one: not entered."""
_NOT_ENTERED: Final = words(
    "environment environmentvariables tags tagset tagspecificationset policydocument parameters userdata additionalinformation"
)
_NAMING: Final = re.compile(r"(?P<what>\w{2,}?)(?:name|identifier|id)")
_PERSONS: Final = words(
    "by user person owner author player actor creator contact recipient sender customer account principal caller client identity display first last full nick"
    " given family assignee approver reviewer manager member participant attendee invitee subscriber employee agent patient student"
    " requester initiator executor operator submitter publisher organizer speaker buyer seller guest"
)
_NO_THINGS: Final = words(
    "request execution event correlation session message communication token trace deployment command operation statement version region metric error stage"
    " phase action type file field column access pullrequest commit comment resultset case uu gu"
)
_NO_THING: Final = re.compile(rf"(?:{'|'.join(sorted(_PERSONS | _NO_THINGS))})$")
"""What may stand before `name` or `id` where no thing is named but a person, a message, a run, an attribute or a file."""
_INSTANCE: Final = re.compile(r"(?<![\w-])i-[0-9a-f]{8,17}(?![\w-])")
_MAX_NAME_CHARS: Final = 256
"""The longest name that AWS allows for most things."""
_SEARCHED_CHARS: Final = 2048
"""Characters of a text that are searched for instances: a sentence names them early."""
_MAX_NODES: Final = 2000
_MAX_DEPTH: Final = 8
_MAX_SAME: Final = 8
"""A call may name a thousand instances; the first eight are kept."""


def names_in(*documents: object) -> dict[str, str]:
    """Attributes that the documents name, the outermost mention first; a second value of one is kept under `<name>.2` and so on."""
    found: dict[str, list[str]] = {}
    for document in documents:
        for key, value in _scalars(document):
            attribute = _ATTRIBUTE.get(key) or ("host.id" if _INSTANCE.fullmatch(value) else "")
            if attribute and value and value != "NULL" and not value.startswith("arn:"):
                values = found.setdefault(attribute, [])
                if value not in values and len(values) < _MAX_SAME:
                    values.append(value)
    named = {attribute: values[0] for attribute, values in found.items()}
    for attribute, values in found.items():
        named.update({numbered(attribute, place): value for place, value in enumerate(values[1:], start=2)})
    return named


def names_by_ending(document: Mapping[str, Any]) -> list[str]:
    """Values of keys that end like a name or an id (`meshName`, `restore-testing-plan-id`), for what AWS names under keys we do not know."""
    found = [text(value) for key, value in document.items() if isinstance(value, str) and _names_something(fold(str(key)))]
    return [value for value in dict.fromkeys(found) if 0 < len(value) <= _MAX_NAME_CHARS and not value.startswith("arn:")][:_MAX_SAME]


def _names_something(key: str) -> bool:
    ending = _NAMING.fullmatch(key)
    return ending is not None and key not in _ATTRIBUTE and key not in _PEOPLE and not _NO_THING.search(ending["what"])


def instances_in(document: Mapping[str, Any]) -> list[str]:
    """EC2 instances that the texts of a detail speak of: some services name them nowhere else."""
    said = " ".join(value[:_SEARCHED_CHARS] for value in document.values() if isinstance(value, str))
    return list(dict.fromkeys(_INSTANCE.findall(said)))[:_MAX_SAME]


def hosts(instances: list[str]) -> dict[str, str]:
    """Attributes of several instances."""
    return {numbered("host.id", place) if place > 1 else "host.id": id_ for place, id_ in enumerate(instances[:_MAX_SAME], start=1)}


def split_ids(named: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The attributes, and apart from them the names that say no more than which resource it is."""
    ids = [value for key, value in named.items() if key.startswith("aws.resource.")]
    return {key: value for key, value in named.items() if not key.startswith("aws.resource.")}, ids


def arns_in(*documents: object) -> list[str]:
    """ARNs of things (never of people) anywhere in the documents, the outermost first."""
    found = (value for document in documents for _, value in _scalars(document) if is_thing(value))
    return list(dict.fromkeys(found))[:_MAX_SAME]


def is_thing(arn: str) -> bool:
    """True for an ARN that names no person: IAM users, sessions and account roots are people."""
    if not arn.startswith("arn:") or " " in arn:
        return False
    parts = arn.split(":", 5)
    if len(parts) < 6 or not parts[5]:
        return False
    return parts[2] not in ("sts", "signin") and not (
        parts[2] == "iam" and parts[5].startswith(("user/", "root", "mfa/", "saml-provider/"))
    )


def _scalars(document: object) -> Iterator[tuple[str, str]]:
    """Folded key and text of every scalar, breadth first, bounded; people and free-form bags are not entered."""
    level: list[tuple[str, Any]] = [("", document)]
    nodes = 0
    for _ in range(_MAX_DEPTH):
        deeper: list[tuple[str, Any]] = []
        for key, value in level:
            nodes += 1
            if nodes > _MAX_NODES:
                return
            if isinstance(value, dict):
                folded = ((fold(str(inner)), below) for inner, below in value.items())
                deeper += [(inner, below) for inner, below in folded if inner not in _PEOPLE and inner not in _NOT_ENTERED]
            elif isinstance(value, list):
                deeper += [(key, below) for below in value[:_MAX_NODES]]
            elif isinstance(value, str):
                yield key, text(value)
        level = deeper
        if not level:
            return
