"""The list of formats as a page: what is recognised, by which reader, after which reference, and what is taken.

Knows:   the registered sources, their files' opening paragraphs, and where each vendor's documentation lies.
Ignores: nothing of a format that its reader does not say itself; `python -m schemas.formats > docs/formats.md` writes the page.
"""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Final

from schemas.bulk import BINARY as BINARY_DECODERS
from schemas.bulk import DECODERS
from schemas.sources.detect import BINARY, SOURCES

_AWS: Final = "https://docs.aws.amazon.com"
_AZURE: Final = "https://learn.microsoft.com/en-us/azure/azure-monitor"
REFERENCES: Final = {
    "prometheus": "https://prometheus.io/docs/alerting/latest/configuration/#webhook_config",
    "prometheus_api": "https://prometheus.io/docs/prometheus/latest/querying/api/",
    "feature_flags": "https://docs.flagsmith.com/third-party-integrations/webhook",
    "cdevents": "https://github.com/cdevents/spec",
    "launchdarkly": "https://launchdarkly.com/docs/api/audit-log",
    "github": "https://docs.github.com/en/webhooks/webhook-events-and-payloads",
    "github_runs": "https://docs.github.com/en/webhooks/webhook-events-and-payloads",
    "github_settings": "https://docs.github.com/en/webhooks/webhook-events-and-payloads",
    "gitlab": "https://docs.gitlab.com/user/project/integrations/webhook_events/",
    "bitbucket": "https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/",
    "bitbucket_server": "https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html",
    "pipelines": "https://plugins.jenkins.io/notification/",
    "argocd": "https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/",
    "kubernetes": "https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/",
    "kubernetes_audit": "https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/",
    "kubernetes_object": "https://kubernetes.io/docs/reference/kubernetes-api/",
    "gitops": "https://fluxcd.io/flux/components/notification/events/",
    "kubectl_table": "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_events/",
    "otlp": "https://opentelemetry.io/docs/specs/otlp/",
    "otlp_protobuf": "https://github.com/open-telemetry/opentelemetry-proto",
    "pagerduty": "https://developer.pagerduty.com/docs/webhooks-overview",
    "opsgenie": "https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/",
    "newrelic": "https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/",
    "sentry": "https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
    "datadog": "https://docs.datadoghq.com/integrations/webhooks/",
    "grafana_legacy": "https://grafana.com/docs/grafana/v8.5/alerting/old-alerting/notifications/",
    "monitors": "https://docs.pingdom.com",
    "problem_webhooks": "https://docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting/problem-notifications/webhook-integration",
    "incident_webhooks": "https://grafana.com/docs/oncall/latest/configure/outgoing-webhooks/",
    "change_template": "https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/",
    "alert_template": "https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook",
    "shipped_metrics": "https://vector.dev/docs/architecture/data-model/metric/",
    "program_logs": "https://httpd.apache.org/docs/current/logs.html",
    "spinnaker": "https://spinnaker.io/docs/setup/features/notifications/",
    "telegraf": "https://docs.influxdata.com/telegraf/v1/data_formats/output/json/",
    "wazuh": "https://documentation.wazuh.com/current/user-manual/manager/alert-management.html",
    "aws_alarm": f"{_AWS}/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html",
    "aws_scaling": f"{_AWS}/autoscaling/ec2/userguide/ec2-auto-scaling-sns-notifications.html",
    "aws_notices": f"{_AWS}/AmazonRDS/latest/UserGuide/USER_Events.html",
    "aws_runs": f"{_AWS}/systems-manager/latest/userguide/monitoring-sns-notifications.html",
    "aws_config": f"{_AWS}/config/latest/developerguide/notifications-for-AWS-Config.html",
    "aws_eventbridge": f"{_AWS}/eventbridge/latest/userguide/eb-events.html",
    "aws_cloudtrail": f"{_AWS}/awscloudtrail/latest/userguide/cloudtrail-event-reference.html",
    "aws_logs": f"{_AWS}/AmazonCloudWatch/latest/logs/SubscriptionFilters.html",
    "aws_metric_stream": f"{_AWS}/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-json.html",
    "aws_metric_stream_otel": f"{_AWS}/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-opentelemetry-100.html",
    "aws_messages": f"{_AWS}/lambda/latest/dg/lambda-services.html",
    "gcp_monitoring": "https://cloud.google.com/monitoring/support/notification-options#webhooks",
    "gcp_log_entry": "https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry",
    "gcp_deploy": "https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds",
    "gcp_messages": "https://cloud.google.com/pubsub/docs/push",
    "azure_arm_alerts": "https://learn.microsoft.com/en-us/rest/api/monitor/alertsmanagement/alerts",
    "azure_common_alert": f"{_AZURE}/alerts/alerts-common-schema",
    "azure_legacy_alerts": f"{_AZURE}/alerts/alerts-non-common-schema-definitions",
    "azure_devops": "https://learn.microsoft.com/en-us/azure/devops/service-hooks/events",
    "azure_event_grid": "https://learn.microsoft.com/en-us/azure/event-grid/event-schema",
    "azure_forwarded": "https://www.elastic.co/docs/reference/beats/filebeat/filebeat-input-azure-eventhub",
    "azure_metrics": f"{_AZURE}/platform/stream-monitoring-data-event-hubs",
    "azure_records": f"{_AZURE}/platform/activity-log-schema",
    "azure_tables": "https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables-index",
    "windows_event_json": "https://www.elastic.co/guide/en/beats/winlogbeat/current/exported-fields.html",
    "windows_event_xml": "https://learn.microsoft.com/en-us/windows/win32/wes/eventschema-schema",
    "windows_listing": "https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/wevtutil",
    "windows_perf": "https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/typeperf",
    "windows_text": "https://www.snaresolutions.com/products/snare-agents/",
    "windows_update_logs": "https://learn.microsoft.com/en-us/windows/deployment/update/windows-update-logs",
    "journald": "https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html",
    "journald_text": "https://systemd.io/JOURNAL_EXPORT_FORMATS/",
    "linux_shippers": "https://docs.fluentbit.io/manual/pipeline/inputs",
    "fluentd": "https://docs.fluentd.org/output/file",
    "log_collectors": "https://go2docs.graylog.org/current/getting_in_log_data/gelf.html",
    "logfmt": "https://pkg.go.dev/log/slog#TextHandler",
    "metricbeat": "https://www.elastic.co/guide/en/beats/metricbeat/current/exported-fields.html",
    "ecs": "https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html",
    "elastic_alerts": "https://www.elastic.co/docs/reference/security/fields-and-object-schemas/alert-schema",
    "apt_history": "https://manpages.debian.org/stable/apt/apt.8.en.html",
    "auditd": "https://github.com/linux-audit/audit-documentation/wiki",
    "telegraf_syslog": "https://docs.influxdata.com/telegraf/v1/input-plugins/syslog/",
    "kernel": "https://docs.kernel.org/admin-guide/mm/concepts.html",
    "syslog": "https://www.rfc-editor.org/rfc/rfc5424",
    "container_events": "https://docs.docker.com/reference/cli/docker/system/events/",
    "prometheus_text": "https://prometheus.io/docs/instrumenting/exposition_formats/",
    "container_log": "https://docs.docker.com/engine/logging/drivers/json-file/",
    "statsd": "https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/",
    "cloudevents": "https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md",
    "json_log": "https://pkg.go.dev/log/slog#JSONHandler",
}
"""Reader's file → where its format is documented."""


def readers() -> dict[str, tuple[ModuleType, list[str]]]:
    """Reader's file → its module and the formats it registers, in the order in which they are asked."""
    found: dict[str, tuple[ModuleType, list[str]]] = {}
    for source in (*BINARY, *SOURCES):
        module = sys.modules[source.read.__module__]
        formats = found.setdefault(module.__name__.rpartition(".")[2], (module, []))[1]
        if source.format not in formats:
            formats.append(source.format)
    return found


def page() -> str:
    """The whole page as Markdown."""
    bulk = {decoder.format for decoder in (*DECODERS, *BINARY_DECODERS)}
    lines = [
        "# Formats",
        "",
        "Every record is recognised by its own content; nothing has to be configured.  A record may be one document, an array, NDJSON or several",
        "objects in a row, gzip, base64, UTF-16, JSON inside a string, or wrapped in SNS, SQS, Kinesis, Firehose, EventBridge PutEvents, CloudEvents, Pub/Sub, a",
        "CloudWatch Logs subscription, an Event Hub batch, a Kubernetes watch or list, Kafka Connect's schema envelope, or what a relay",
        "puts under `body`, `payload`, `data` or the like, up to 8 layers deep.",
        "What nobody recognises goes to the dead-letter topic with the reason.  `causeline check sample FILE` shows what would be read.",
        "",
        "This page is written by `python -m schemas.formats > docs/formats.md`; a test holds it current.",
        "",
        "| Format | Reader | Decoded in bulk | Reference |",
        "|---|---|---|---|",
    ]
    known = readers()
    for name, (_, formats) in sorted(known.items(), key=lambda item: sorted(item[1][1])[0]):
        quick = "yes" if bulk & {*formats, *(f"{name}.{f}" for f in formats)} else ""
        lines.append(f"| {', '.join(f'`{f}`' for f in formats)} | [{name}](#{name.replace('_', '-')}) | {quick} | <{REFERENCES[name]}> |")
    lines += ["", "## What is taken", ""]
    for name, (module, _) in sorted(known.items()):
        title, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
        lines += [f"### {name.replace('_', ' ')}", "", title, "", "```text", rest.strip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
