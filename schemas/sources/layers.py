"""Envelopes: documents that only carry others.

Knows:   which JSON objects are envelopes, where their contents lie, and which facts of the envelope the contents need.
Ignores: what the contents are.

A part has a `content` to be opened and, for contents that nobody reads (plain text in an SNS message), the `whole` document that a
source reads instead.
References: AWS Lambda event sources (SNS, SQS, Kinesis), Firehose HTTP endpoint, CloudWatch Logs subscription filters, EventBridge PutEvents;
Google Pub/Sub push; CNCF CloudEvents 1.0 JSON; Azure Event Hubs batches; Kubernetes watch; Kafka Connect JSON converter.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from schemas.sources.fields import labels, mapping, sequence, text


@dataclass(frozen=True, slots=True)
class Part:
    at: str
    content: Any
    """bytes still packed, or a parsed value; None when only the whole can be read."""
    whole: dict[str, Any] | None = None
    carrier: dict[str, str] = field(default_factory=dict)


def parts_of(document: dict[str, Any]) -> list[Part] | None:
    """The parts of an envelope; None for a document that is none."""
    for key, open_ in _BY_KEY.items():
        if key in document and (parts := open_(document)) is not None:
            return parts
    return None


def _records(document: dict[str, Any]) -> list[Part] | None:
    """`Records`: of SNS, SQS and Kinesis as Lambda gets them, and of a CloudTrail file.  S3 notifications stay whole."""
    records = document["Records"]
    if not isinstance(records, list):
        return None
    return [part for place, record in enumerate(records) if isinstance(record, dict) for part in [_record(f"Records[{place}]", record)]]


def _record(at: str, record: dict[str, Any]) -> Part:
    if isinstance(sns := record.get("Sns"), dict):
        return _sns(f"{at}.Sns", sns)
    if isinstance(kinesis := record.get("kinesis"), dict):
        facts = {"aws.kinesis.arn": text(record.get("eventSourceARN")), "time": text(kinesis.get("approximateArrivalTimestamp"))}
        return Part(f"{at}.kinesis.data", _base64(kinesis.get("data")), kinesis, _given(facts))
    if isinstance(body := record.get("body"), str) and ("receiptHandle" in record or "messageId" in record):
        facts = {"aws.sqs.arn": text(record.get("eventSourceARN")), "time": text(mapping(record.get("attributes")).get("SentTimestamp"))}
        return Part(f"{at}.body", body, record, _given(facts))
    return Part(at, record)


def _sns(at: str, message: dict[str, Any]) -> Part:
    facts = {
        "aws.sns.topic.arn": text(message.get("TopicArn")),
        "subject": text(message.get("Subject")),
        "time": text(message.get("Timestamp")),
        "aws.sns.message_id": text(message.get("MessageId")),
    }
    content = message.get("Message") if text(message.get("Type")) not in _CONFIRMATIONS else None
    return Part(f"{at}.Message" if at else "Message", content, message, _given(facts))


_CONFIRMATIONS: Final = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


def _sns_http(document: dict[str, Any]) -> list[Part] | None:
    if text(document.get("Type")) == "Notification" and isinstance(document.get("Message"), str):
        return [_sns("", document)]
    return None


def _lower_records(document: dict[str, Any]) -> list[Part] | None:
    """`records`: of Firehose (base64 in `data`), of an Azure Event Hub batch, of an Lambda self-managed Kafka source (`value`)."""
    records = document["records"]
    if isinstance(records, dict):  # Lambda's Kafka source: topic-partition → records
        records = [record for some in records.values() if isinstance(some, list) for record in some]
    if not isinstance(records, list):
        return None
    return [_lower_record(f"records[{place}]", record) for place, record in enumerate(records)]


def _lower_record(at: str, record: Any) -> Part:
    if isinstance(record, dict):
        for key in ("data", "value"):
            if isinstance(record.get(key), str) and not record.keys() & {"resourceId", "operationName", "category"}:
                return Part(f"{at}.{key}", _base64(record[key]), record)
    return Part(at, record)


def _cloudwatch_logs(document: dict[str, Any]) -> list[Part] | None:
    packed = mapping(document["awslogs"]).get("data")
    return [Part("awslogs.data", _base64(packed))] if isinstance(packed, str) else None


def _log_events(document: dict[str, Any]) -> list[Part] | None:
    """A decoded CloudWatch Logs subscription: each event by itself, with its group and stream."""
    events = document["logEvents"]
    if not isinstance(events, list) or "messageType" not in document:
        return None
    if text(document["messageType"]) != "DATA_MESSAGE":
        return [Part("", None, document)]
    facts = {key: text(document.get(key)) for key in ("logGroup", "logStream", "owner")}
    parts = []
    for place, event in enumerate(events):
        said = mapping(event)
        message = _whole(said.get("message"))
        carrier = _given({**facts, "time": text(said.get("timestamp")), "id": text(said.get("id"))})
        whole = {**facts, "id": said.get("id"), "timestamp": said.get("timestamp"), "message": message}
        parts.append(Part(f"logEvents[{place}]", _object(message), whole, carrier))
    return parts


def _pubsub(document: dict[str, Any]) -> list[Part] | None:
    message = document["message"]
    if not isinstance(message, dict) or not ("subscription" in document or "messageId" in message or "message_id" in message):
        return None
    if not isinstance(message.get("data"), str) and not isinstance(message.get("attributes"), dict):
        return None
    attributes = {f"pubsub.{key}": value for key, value in labels(message.get("attributes")).items()}
    facts = {
        "pubsub.subscription": text(document.get("subscription")),
        "time": text(message.get("publishTime")) or text(message.get("publish_time")),
        **attributes,
    }
    return [Part("message.data", _base64(message.get("data")), document, _given(facts))]


def _put_events(document: dict[str, Any]) -> list[Part] | None:
    """EventBridge PutEvents: requests for events, turned into the events they become."""
    entries = document.get("Entries", [document])
    if not isinstance(entries, list) or not any(isinstance(entry, dict) and "DetailType" in entry for entry in entries):
        return None
    parts = []
    for place, entry in enumerate(entries):
        said = mapping(entry)
        event = {
            "version": "0",
            "detail-type": said.get("DetailType"),
            "source": said.get("Source"),
            "time": said.get("Time"),
            "resources": sequence(said.get("Resources")),
            "detail": _object(_whole(said.get("Detail"))) or said.get("Detail"),
        }
        parts.append(Part(f"Entries[{place}]" if "Entries" in document else "", event))
    return parts


def _cloud_event(document: dict[str, Any]) -> list[Part] | None:
    if "type" not in document or "source" not in document:
        return None
    facts = {
        "cloudevents.type": text(document.get("type")),
        "cloudevents.source": text(document.get("source")),
        "subject": text(document.get("subject")),
        "time": text(document.get("time")),
        "cloudevents.id": text(document.get("id")),
    }
    if isinstance(document.get("data_base64"), str):
        return [Part("data_base64", _base64(document["data_base64"]), document, _given(facts))]
    data = document.get("data")
    content = data if isinstance(data, dict | list) else _object(_whole(data))
    return [Part("data", content, document, _given(facts))]


def _watch(document: dict[str, Any]) -> list[Part] | None:
    if not isinstance(document["object"], dict) or document.get("type") not in ("ADDED", "MODIFIED", "DELETED"):
        return None
    return [Part("object", document["object"], None, {"k8s.watch": text(document["type"])})]


def _kubernetes_list(document: dict[str, Any]) -> list[Part] | None:
    items = document["items"]
    if not isinstance(items, list) or not text(document.get("kind")).endswith("List"):
        return None
    kind = text(document["kind"]).removesuffix("List")
    version = document.get("apiVersion")
    named = [{"kind": kind, "apiVersion": version, **item} if kind and isinstance(item, dict) else item for item in items]
    return [Part(f"items[{place}]", item) for place, item in enumerate(named)]


def _arm_list(document: dict[str, Any]) -> list[Part] | None:
    """An answer of Azure's REST API: a page of items under `value`.  Metrics stay whole, their resource stands beside them."""
    items = document["value"]
    if not document.keys() <= _ARM_KEYS or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    return None if any("timeseries" in item for item in items) else [Part(f"value[{place}]", item) for place, item in enumerate(items)]


_ARM_KEYS: Final = {"value", "nextLink", "@odata.context", "@odata.nextLink", "@odata.count", "count"}


def _connect(document: dict[str, Any]) -> list[Part] | None:
    """Kafka Connect's JSON with schema: `{"schema": …, "payload": …}` and nothing else."""
    if document.keys() != {"schema", "payload"} or not isinstance(document["payload"], dict | list | str):
        return None
    return [Part("payload", document["payload"])]


def _base64(value: object) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError):
        return value.encode("utf-8", "replace")  # some senders skip the encoding


def _whole(value: object) -> str:
    """A text of any length: it holds another document."""
    return value.strip() if isinstance(value, str) else text(value)


def _object(said: str) -> Any:
    """The object or array in a text; None for other texts."""
    if not said.lstrip().startswith(("{", "[")):
        return None
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        return None


def _given(facts: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in facts.items() if value}


_BY_KEY: Final[dict[str, Callable[[dict[str, Any]], list[Part] | None]]] = {
    "Records": _records,
    "records": _lower_records,
    "TopicArn": _sns_http,
    "awslogs": _cloudwatch_logs,
    "logEvents": _log_events,
    "message": _pubsub,
    "Entries": _put_events,
    "DetailType": _put_events,
    "specversion": _cloud_event,
    "object": _watch,
    "items": _kubernetes_list,
    "payload": _connect,
    "value": _arm_list,
}
"""The key that gives an envelope away → how it is opened."""
