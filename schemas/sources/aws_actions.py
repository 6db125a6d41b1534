"""What an AWS API call does: reads, changes, or scales; and who called, as a role.

Knows:   CloudTrail's `eventName`, `readOnly`, `eventCategory`, `errorCode` and `userIdentity`.
Ignores: what the call was made on (aws_names.py) and how records are wrapped.
Source:  AWS CloudTrail user guide, "CloudTrail record contents" and "userIdentity element".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from schemas.severity import ERROR, INFO, WARN
from schemas.signal import Kind
from schemas.sources.cloud import words

_API_VERSION: Final = re.compile(r"(?:20\d{6}|_?20\d{2}_\d{2}_\d{2})(?:v\d+)?$")
"""Lambda, CloudFront and others append their API version: `UpdateFunctionCode20150331v2`, `UpdateDistribution2020_05_31`."""

_READS: Final = re.compile(
    r"(?:Get|List|Describe|Lookup|Head|Search|BatchGet|BatchCheck|BatchDescribe|Query|Scan|Select|Check|Validate|Simulate|Test|Preview|Estimate"
    r"|View|Filter|Discover|Download|Detect|Decrypt|Encrypt|ReEncrypt|GenerateDataKey|GenerateRandom|Sign|Verify|AssumeRole|AssumeRoot"
    r"|ConsoleLogin|CredentialChallenge|CredentialVerification|CheckMfa|SwitchRole|ExitRole|RenewRole|UserAuthentication|Authenticate|Federate"
    r"|Poll|Receive|Logout|OpenSession|Invoke|StartQuery|StopQuery|ReportHealth|UpdateInstanceInformation|SendHeartbeat|RecordLifecycleActionHeartbeat"
    r"|PutLogEvents|CreateLogStream|PutMetricData|PutTraceSegments|Publish|SendMessage|SubmitTaskStateChange|SubmitContainerStateChange"
    r"|RegisterContainerInstance|DiscoverPollEndpoint|PutInventory|PutComplianceItems|UpdateInstanceAssociationStatus|SharedSnapshot)(?![a-z])"
)
"""Calls that look, prove who somebody is, or carry telemetry: for records too old to have `readOnly`, and for writes that configure nothing."""

_SCALES: Final = words(
    "RunInstances TerminateInstances CreateFleet RequestSpotInstances RequestSpotFleet ModifySpotFleetRequest ModifyFleet CancelSpotFleetRequests"
    " SetDesiredCapacity UpdateAutoScalingGroup TerminateInstanceInAutoScalingGroup AttachInstances DetachInstances EnterStandby ExitStandby"
    " PutScalingPolicy DeletePolicy ExecutePolicy PutScheduledUpdateGroupAction BatchPutScheduledUpdateGroupAction DeleteScheduledAction"
    " PutScheduledAction RegisterScalableTarget DeregisterScalableTarget DeleteScalingPolicy SuspendProcesses ResumeProcesses StartInstanceRefresh"
    " UpdateNodegroupConfig ModifyReplicationGroupShardConfiguration IncreaseReplicaCount DecreaseReplicaCount ModifyCurrentDBClusterCapacity"
    " UpdateShardCount MergeShards SplitShard PutProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig PutFunctionConcurrency"
    " DeleteFunctionConcurrency ModifyInstanceGroups AddInstanceGroups ResizeCluster UpdateBrokerCount ModifyInstanceFleet"
)
"""Calls that add or remove instances, or move the limits of their number."""

_NOT_AN_ERROR: Final = frozenset({"Client.DryRunOperation", "DryRunOperation"})
_MACHINE_AGENTS: Final = re.compile(
    r"(?i)terraform|cloudformation|ansible|pulumi|jenkins|github|gitlab|codebuild|codepipeline|lambda|\.amazonaws\.com"
)


def action_of(event_name: str) -> str:
    """`UpdateFunctionCode` of `UpdateFunctionCode20150331v2`."""
    return _API_VERSION.sub("", event_name) or event_name


def failed(record: Mapping[str, Any]) -> str:
    """The error code of a call that did not go through, the name of a service event that tells of a failure; empty for what went well."""
    code = record.get("errorCode")
    if isinstance(code, str) and code and code not in _NOT_AN_ERROR:
        return code
    if record.get("eventType") == "AwsServiceEvent" and (name := str(record.get("eventName"))).endswith(("Failed", "Abandoned")):
        return name
    response = record.get("responseElements")
    login = response.get("ConsoleLogin") if isinstance(response, dict) else None
    return "LoginFailed" if login == "Failure" else ""


def kind_of(record: Mapping[str, Any]) -> Kind:
    """A call that only looked, carried data, or was refused is a log; what altered the system is a change or scaling."""
    action = action_of(str(record.get("eventName", "")))
    if record.get("readOnly") in (True, "true") or record.get("managementEvent") in (False, "false") or failed(record):
        return Kind.LOG
    if record.get("eventCategory") in ("Data", "NetworkActivity") or record.get("errorCode") or _READS.match(action):
        return Kind.LOG
    if action in _SCALES or (action == "UpdateService" and _only_counts(record.get("requestParameters"))):
        return Kind.SCALING
    return Kind.CHANGE


def severity_of(record: Mapping[str, Any]) -> int:
    """A refusal is an error, being throttled or asked to retry a warning, the rest information."""
    code = failed(record)
    if not code:
        return INFO
    return WARN if "Throttl" in code or "LimitExceeded" in code or code == "LoginFailed" else ERROR


def actor_of(record: Mapping[str, Any]) -> str:
    """`user`, `automation`, `service` or `root`: what called, never who."""
    identity = record.get("userIdentity")
    if not isinstance(identity, dict):
        return "service" if record.get("eventType") == "AwsServiceEvent" else ""
    kind = identity.get("type")
    if kind == "AWSService" or identity.get("invokedBy"):
        return "service"
    if kind == "Root":
        return "root"
    if kind in ("IAMUser", "SAMLUser", "WebIdentityUser", "IdentityCenterUser", "FederatedUser", "Directory", "Unknown"):
        return "automation" if kind == "IAMUser" and _MACHINE_AGENTS.search(str(record.get("userAgent", ""))) else "user"
    if kind == "AssumedRole":
        person = "AWSReservedSSO_" in str(identity.get("arn", "")) or "@" in str(identity.get("principalId", ""))
        return "user" if person else "automation"
    return "automation" if kind else ""


def _only_counts(request: object) -> bool:
    """True for an ECS UpdateService that moves the count of tasks and deploys nothing."""
    if not isinstance(request, dict) or "desiredCount" not in request:
        return False
    return not (request.get("taskDefinition") or request.get("forceNewDeployment"))
