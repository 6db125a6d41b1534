"""What each EventBridge detail-type of AWS is: a change, scaling, a state, an alert or a log; and which keys carry its time and its change.

Knows:   the detail-types of the services that change, run or watch systems, and how to take an unknown type for what its name says.
Ignores: how a row is made of it (aws_event.py) and the types whose detail needs code of its own (aws_eventbridge.py).
Source:  EventBridge user guide, "Events from AWS services", and the user guide of each service.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.severity import INFO, WARN
from schemas.signal import Kind
from schemas.sources.aws_event import Telling

_PIPELINE: Final = ("pipeline", "execution-id", "stage", "action")
_OF_PIPELINE: Final = (("pipeline", "service.name"),)
_OF_BEANSTALK: Final = (("EnvironmentName", "service.name"), ("ApplicationName", "aws.elasticbeanstalk.application.name"))
_ECS: Final = ("updatedAt", "createdAt")
_OF_AUTOMATION: Final = (("Definition", "aws.ssm.document.name"),)
_OF_OPSWORKS: Final = (("ec2-instance-id", "host.id"),)
_PULL_REQUEST: Final = Telling(Kind.LOG, "codecommit.pull_request", dedup=("pullRequestId", "event"))

TELLINGS: Final[dict[str, Telling]] = {
    "CodePipeline Pipeline Execution State Change": Telling(Kind.CHANGE, "codepipeline.pipeline", change=("execution-id",), dedup=_PIPELINE, names=_OF_PIPELINE),
    "CodePipeline Stage Execution State Change": Telling(Kind.CHANGE, "codepipeline.stage", change=("execution-id",), dedup=_PIPELINE, names=_OF_PIPELINE),
    "CodePipeline Action Execution State Change": Telling(Kind.CHANGE, "codepipeline.action", change=("execution-id",), dedup=_PIPELINE, names=_OF_PIPELINE),
    "CodeDeploy Deployment State-change Notification": Telling(Kind.CHANGE, "codedeploy.deployment", change=("deploymentId",), dedup=("deploymentId",)),
    "CodeDeploy Instance State-change Notification": Telling(
        Kind.CHANGE, "codedeploy.instance", change=("deploymentId",), dedup=("deploymentId", "instanceId")
    ),
    "CodeBuild Build State Change": Telling(Kind.CHANGE, "codebuild.build", change=("build-id",), dedup=("build-id",)),
    "CodeBuild Build Phase Change": Telling(
        Kind.CHANGE, "codebuild.phase", change=("build-id",), dedup=("build-id", "completed-phase"), names=(("completed-phase", "aws.codebuild.phase"),)
    ),
    "CodeCommit Repository State Change": Telling(Kind.CHANGE, "codecommit.push", change=("commitId",), names=(("repositoryName", "service.name"),)),
    "CodeCommit Pull Request State Change": _PULL_REQUEST,
    "CodeCommit PullRequest State Change": _PULL_REQUEST,
    "ECR Image Action": Telling(
        Kind.CHANGE, "ecr.image", change=("image-digest",), dedup=("repository-name", "image-digest", "image-tag", "action-type"),
        names=(("repository-name", "service.name"), ("image-tag", "service.version")),
    ),
    "ECR Image Scan": Telling(Kind.STATE, "ecr.scan", names=(("repository-name", "service.name"),), dedup=("repository-name", "image-digest")),
    "ECS Deployment State Change": Telling(Kind.CHANGE, "ecs.deployment", time=_ECS, change=("deploymentId",), dedup=("deploymentId",)),
    "ECS Service Action": Telling(Kind.STATE, "ecs.service", time=("createdAt",)),
    "ECS Task State Change": Telling(Kind.STATE, "ecs.task", time=_ECS),
    "ECS Container Instance State Change": Telling(Kind.STATE, "ecs.container_instance", time=_ECS),
    "CloudFormation Stack Status Change": Telling(Kind.CHANGE, "cloudformation.stack", change=("client-request-token", "stack-id"), dedup=("stack-id", "client-request-token")),
    "CloudFormation Resource Status Change": Telling(Kind.CHANGE, "cloudformation.resource", change=("client-request-token", "stack-id")),
    "Elastic Beanstalk resource status change": Telling(Kind.CHANGE, "elasticbeanstalk.resource", time=("EventDate",), names=_OF_BEANSTALK),
    "Other resource status change": Telling(Kind.CHANGE, "elasticbeanstalk.other", time=("EventDate",), names=_OF_BEANSTALK),
    "Health status change": Telling(Kind.STATE, "elasticbeanstalk.health", time=("EventDate",), names=_OF_BEANSTALK),
    "Managed update status change": Telling(Kind.CHANGE, "elasticbeanstalk.update", time=("EventDate",), names=_OF_BEANSTALK),
    "EC2 Instance State-change Notification": Telling(Kind.STATE, "ec2.instance"),
    "EC2 Spot Instance Interruption Warning": Telling(Kind.STATE, "ec2.spot_interruption", severity=WARN, names=(("instance-action", "ec2.instance_action"),)),
    "EC2 Instance Rebalance Recommendation": Telling(Kind.STATE, "ec2.rebalance_recommendation", severity=WARN),
    "EC2 Command Status-change Notification": Telling(Kind.CHANGE, "ssm.command", change=("command-id",), dedup=("command-id",), deed="document-name"),
    "EC2 Command Invocation Status-change Notification": Telling(Kind.CHANGE, "ssm.command", change=("command-id",), dedup=("command-id", "instance-id"), deed="document-name"),
    "EC2 Automation Execution Status-change Notification": Telling(
        Kind.CHANGE, "ssm.automation", time=("EndTime", "StartTime"), change=("ExecutionId",), dedup=("ExecutionId",), names=_OF_AUTOMATION
    ),
    "EC2 Automation Step Status-change Notification": Telling(Kind.CHANGE, "ssm.automation_step", time=("EndTime", "StartTime"), change=("ExecutionId",), names=_OF_AUTOMATION),
    "Configuration Compliance State Change": Telling(Kind.STATE, "ssm.compliance", names=(("compliance-type", "rule.name"),)),
    "Parameter Store Change": Telling(Kind.CHANGE, "ssm.parameter", names=(("name", "aws.ssm.parameter.name"),)),
    "Tag Change on Resource": Telling(Kind.CHANGE, "tag.change", severity=INFO),
    "EBS Volume Notification": Telling(Kind.STATE, "ebs.volume"),
    "EBS Snapshot Notification": Telling(Kind.STATE, "ebs.snapshot", time=("endTime", "startTime")),
    "KMS CMK Rotation": Telling(Kind.CHANGE, "kms.rotation", names=(("key-id", "aws.kms.key.id"),)),
    "KMS Imported Key Material Expiration": Telling(Kind.CHANGE, "kms.expiration", names=(("key-id", "aws.kms.key.id"),)),
    "KMS CMK Deletion": Telling(Kind.CHANGE, "kms.deletion", names=(("key-id", "aws.kms.key.id"),)),
    "ACM Certificate Approaching Expiration": Telling(Kind.ALERT, "acm.expiration", severity=WARN, names=(("CommonName", "tls.server.name"),)),
    "Batch Job State Change": Telling(Kind.STATE, "batch.job", time=("stoppedAt", "startedAt", "createdAt"), dedup=("jobId",)),
    "Step Functions Execution Status Change": Telling(
        Kind.STATE, "stepfunctions.execution", time=("stopDate", "startDate"), dedup=("executionArn",), names=(("stateMachineArn", "aws.states.machine.arn"),)
    ),
    "Glue Job State Change": Telling(Kind.STATE, "glue.job", dedup=("jobRunId",)),
    "EMR Cluster State Change": Telling(Kind.STATE, "emr.cluster", dedup=("clusterId",), names=(("name", "service.name"), ("clusterId", "aws.emr.cluster.id"))),
    "EMR Step Status Change": Telling(Kind.STATE, "emr.step", dedup=("stepId",), names=(("name", "service.name"), ("clusterId", "aws.emr.cluster.id"))),
    "EMR Instance Group State Change": Telling(Kind.SCALING, "emr.instance_group", names=(("clusterId", "aws.emr.cluster.id"),)),
    "EMR Instance Fleet State Change": Telling(Kind.SCALING, "emr.instance_fleet", names=(("clusterId", "aws.emr.cluster.id"),)),
    "EMR Auto Scaling Policy State Change": Telling(Kind.SCALING, "emr.autoscaling_policy", names=(("resourceId", "aws.emr.cluster.id"),)),
    "Synthetics Canary Status Change": Telling(Kind.STATE, "synthetics.canary", names=(("canary-name", "service.name"),)),
    "Synthetics Canary TestRun Failure": Telling(Kind.ALERT, "synthetics.run", dedup=("canary-name",), severity=WARN),
    "Synthetics Canary TestRun Successful": Telling(Kind.LOG, "synthetics.run"),
    "Trusted Advisor Check Item Refresh Notification": Telling(
        Kind.STATE, "trustedadvisor.check", names=(("check-name", "rule.name"), ("resource_id", "cloud.resource_id")), dedup=("check-name", "resource_id", "uuid")
    ),
    "OpsWorks Instance State Change": Telling(Kind.STATE, "opsworks.instance", names=_OF_OPSWORKS),
    "OpsWorks Command State Change": Telling(Kind.CHANGE, "opsworks.command", change=("command-id",), dedup=("command-id", "instance-id"), deed="type"),
    "OpsWorks Deployment State Change": Telling(Kind.CHANGE, "opsworks.deployment", change=("deployment-id",), dedup=("deployment-id",), deed="command"),
    "FIS Experiment State Change": Telling(Kind.CHANGE, "fis.experiment", change=("experiment-id",), dedup=("experiment-id",)),
    "AWS FIS Experiment State Change": Telling(Kind.CHANGE, "fis.experiment", change=("experiment-id",), dedup=("experiment-id",)),
    "Scheduled Event": Telling(Kind.LOG, "schedule"),
    "Scheduled Event Cron": Telling(Kind.LOG, "schedule"),
}  # fmt: skip

_BY_WORDS: Final = (
    (re.compile(r"(?i)^object |access tier|storage class|comment|pull ?request|approval rule|sign in|\baccess$"), Telling(Kind.LOG)),
    (
        re.compile(r"(?i)finding|anomal|alert|incident|alarm|insight|abuse|expir|threat|violation|test ?run failure"),
        Telling(Kind.ALERT, severity=WARN),
    ),
    (re.compile(r"(?i)scaling|\bfleet\b|capacity|lifecycle action|instance refresh|warm pool"), Telling(Kind.SCALING)),
    (
        re.compile(
            r"(?i)deploy|stack|pipeline|\bbuild\b|release|rollback|configuration|(?<!hyper)parameter|tag change|update|upgrade|migration|patch|rotation|policy|service operation"
        ),
        Telling(Kind.CHANGE),
    ),
)


def telling_of(detail_type: str, source: str) -> Telling:
    """How a type is told; an unknown one by the words of its name, and what names nothing is a state of AWS or a log of somebody else."""
    known = TELLINGS.get(detail_type)
    if known:
        return known
    if not source.startswith("aws."):
        return Telling(Kind.LOG)
    return next((telling for words, telling in _BY_WORDS if words.search(detail_type)), Telling(Kind.STATE))
