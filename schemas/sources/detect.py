"""Who reads this document?  Every source, in the order in which they are asked.

Knows:   that the narrowest discriminator goes first: formats that name themselves before formats known by a few common keys.
Ignores: how any of them is read.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.sources import (
    auditd,
    aws_alarm,
    aws_cloudtrail,
    aws_config,
    aws_eventbridge,
    aws_logs,
    aws_messages,
    aws_metric_stream,
    aws_notices,
    aws_scaling,
    azure_common_alert,
    azure_devops,
    azure_event_grid,
    azure_legacy_alerts,
    azure_metrics,
    azure_records,
    cdevents,
    ecs,
    gcp_deploy,
    gcp_log_entry,
    gcp_messages,
    gcp_monitoring,
    github,
    journald,
    kernel,
    launchdarkly,
    linux_shippers,
    prometheus,
    syslog,
    wazuh,
    windows_event_json,
    windows_event_xml,
    windows_perf,
    windows_text,
    windows_update_logs,
)
from schemas.sources.source import Source

SOURCES: Final[tuple[Source, ...]] = (
    *cdevents.SOURCES,
    *launchdarkly.SOURCES,
    *github.SOURCES,
    *prometheus.SOURCES,
    *wazuh.SOURCES,
    *aws_alarm.SOURCES,
    *aws_scaling.SOURCES,
    *aws_notices.SOURCES,
    *aws_config.SOURCES,
    *aws_eventbridge.SOURCES,
    *aws_cloudtrail.SOURCES,
    *aws_logs.SOURCES,
    *aws_metric_stream.SOURCES,
    *aws_messages.SOURCES,
    *gcp_monitoring.SOURCES,
    *gcp_log_entry.SOURCES,
    *gcp_deploy.SOURCES,
    *gcp_messages.SOURCES,
    *azure_common_alert.SOURCES,
    *azure_legacy_alerts.SOURCES,
    *azure_devops.SOURCES,
    *azure_event_grid.SOURCES,
    *azure_metrics.SOURCES,
    *azure_records.SOURCES,
    *windows_event_json.SOURCES,  # before ECS: winlogbeat writes ECS around its own fields
    *windows_event_xml.SOURCES,
    *windows_perf.SOURCES,
    *windows_text.SOURCES,
    *windows_update_logs.SOURCES,
    *journald.SOURCES,
    *linux_shippers.SOURCES,
    *ecs.SOURCES,
    *auditd.SOURCES,
    *kernel.SOURCES[:1],
    *syslog.SOURCES,
    *kernel.SOURCES[1:],  # after syslog: a report without any time is known by its words alone
)
BINARY: Final[tuple[Source, ...]] = ()
"""Sources of bytes that are neither JSON nor text."""


def detect(document: Any) -> Source | None:
    """The source that reads a document (a parsed JSON value, a text, or bytes); None for a format that nobody knows."""
    return next((source for source in (BINARY if isinstance(document, bytes) else SOURCES) if source.recognises(document)), None)
