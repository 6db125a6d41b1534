"""What tools call one thing: the alias dictionary and which names are entities.

Knows:   OpenTelemetry's attribute names and the names that tools give them, most trusted first; which kind of entity each names.
Ignores: how they are looked up and which of several wins (schemas/identity.py).
Source:  OpenTelemetry semantic conventions 1.38, "Resource" and "Kubernetes"; each tool's own documentation of its fields.
"""

from __future__ import annotations

from typing import Final

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    # service, most trusted first
    "service.name": (
        "service", "service_name", "svc", "serviceName", "destination_service_name", "app.kubernetes.io/name", "label_app_kubernetes_io_name",
        "kubernetes.labels.app_kubernetes_io/name", "app", "label_app", "kubernetes.labels.app", "k8s-app", "k8s_app", "application",
        "application_name", "app_name", "destination_app", "destination_canonical_service", "ServiceName", "service.id", "fields.service", "fields.app",
        "serviceContext.service", "com.docker.compose.service", "com.docker.swarm.service.name", "com.amazonaws.ecs.task-definition-family",
        "kubernetes.pod_labels.app.kubernetes.io/name", "kubernetes.pod_labels.app",
    ),
    "k8s.deployment.name": ("deployment", "deployment_name", "kubernetes.deployment.name", "kube_deployment", "destination_workload", "workload"),
    "k8s.statefulset.name": ("statefulset", "kubernetes.statefulset.name", "kube_stateful_set", "statefulset_name"),
    "k8s.daemonset.name": ("daemonset", "kubernetes.daemonset.name", "kube_daemon_set", "daemonset_name"),
    "k8s.cronjob.name": ("cronjob", "kubernetes.cronjob.name", "cronjob_name", "kube_cronjob"),
    "k8s.job.name": ("job_name", "kubernetes.job.name", "kube_job"),
    "k8s.replicaset.name": ("replicaset", "kubernetes.replicaset.name", "kube_replica_set"),
    "component": ("component_name",),
    "job": ("prometheus_job", "scrape_job"),
    # things that are no services
    "db.instance.id": ("DBInstanceIdentifier", "DBClusterIdentifier", "dbinstance_identifier", "database_id", "db_instance", "CacheClusterId", "TableName"),
    "messaging.destination.name": ("QueueName", "queue_name", "queue", "TopicName", "StreamName", "topic", "topic_id"),
    "messaging.consumer.group.name": ("consumergroup", "consumer_group", "kafka_consumer_group", "messaging.kafka.consumer.group"),
    "faas.name": ("FunctionName", "function_name", "functionName", "faas_name", "lambda_function"),
    # where it runs
    "k8s.pod.name": ("pod", "pod_name", "podName", "kubernetes.pod.name", "kubernetes.pod_name", "kubernetes_pod_name", "io.kubernetes.pod.name"),
    "k8s.container.name": ("container", "container_name", "kubernetes.container.name", "kubernetes.container_name", "io.kubernetes.container.name", "kube_container_name"),
    "container.name": ("docker.container.name", "CONTAINER_NAME"),
    "container.id": ("container_id", "docker.container.id", "CONTAINER_ID_FULL"),
    "host.name": ("host", "hostname", "host_name", "host.hostname", "nodename", "_HOSTNAME", "Computer", "computer_name", "MachineName", "vm_name"),
    "k8s.node.name": ("node", "node_name", "nodeName", "kubernetes.node.name", "kubernetes.host", "kubernetes_node", "kubernetes.node.hostname", "kubernetes.pod_node_name"),
    "host.id": ("InstanceId", "instance_id", "instance-id", "cloud.instance.id", "ec2_instance_id"),
    "instance": ("service.instance.id", "target"),
    "cloud.resource_id": ("resourceId", "resource_id", "resource.arn", "arn", "azure.resource.id", "_ResourceId", "alarm_arn"),
    "systemd.unit": ("_SYSTEMD_UNIT", "unit_name"),
    # what holds or describes, never an entity by itself
    "k8s.namespace.name": ("namespace", "namespace_name", "kubernetes.namespace", "kubernetes.namespace_name", "kubernetes_namespace", "kube_namespace", "kubernetes.pod_namespace", "io.kubernetes.pod.namespace"),
    "k8s.cluster.name": ("cluster", "cluster_name", "kubernetes.cluster.name", "kube_cluster_name", "ClusterName", "orchestrator.cluster.name"),
    "db.namespace": ("datname", "database", "database_name", "dbname", "db_name"),
    "k8s.persistentvolumeclaim.name": ("persistentvolumeclaim", "pvc"),
    "service.namespace": ("service_namespace",),
    "service.version": ("version", "service_version", "app_version", "app.kubernetes.io/version"),
    "deployment.environment.name": ("environment", "env", "deployment.environment", "service.environment", "fields.env", "stage"),
    "cloud.region": ("region", "aws_region", "awsRegion"),
    "cloud.availability_zone": ("zone", "availability_zone", "availabilityZone"),
    "cloud.account.id": ("account", "account_id", "accountId", "aws_account_id", "project_id", "subscriptionId"),
    "host.ip": ("ip", "ip_address", "host_ip"),
}  # fmt: skip
"""OpenTelemetry name → the names that tools give it.  Names compare without case and punctuation."""

ENTITY_KIND: Final = {
    "service.name": "service", "k8s.deployment.name": "service", "k8s.statefulset.name": "service", "k8s.daemonset.name": "service",
    "k8s.cronjob.name": "service", "k8s.job.name": "service", "k8s.replicaset.name": "service", "component": "service",
    "db.instance.id": "database", "messaging.destination.name": "queue", "faas.name": "function", "k8s.pod.name": "pod", "container.name": "container",
    "k8s.container.name": "container", "container.id": "container", "host.name": "host", "k8s.node.name": "host", "host.id": "host",
    "cloud.resource_id": "resource", "job": "service", "instance": "host",
}  # fmt: skip
"""Which kind of entity an attribute names, most trusted first; `job` and `instance` last: they are the scrape target's."""
