"""Envelopes: documents that only carry others.

Knows:   which JSON objects are envelopes, where their contents lie, and which facts of the envelope the contents need.
Ignores: what the contents are, and AWS's own envelopes (aws_layers.py).

A part has a `content` to be opened and, for contents that nobody reads (plain text in an SNS message), the `whole` document that a
source reads instead.
References: Google Pub/Sub push and pull; CNCF CloudEvents 1.0 JSON; Firehose HTTP endpoint; Azure Event Hubs batches; Kubernetes watch; Kafka
Connect JSON converter.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.sources import aws_layers
from schemas.sources.fields import labels, text
from schemas.sources.part import Open, Part, given, json_in, unpacked, whole_text


def parts_of(document: dict[str, Any]) -> list[Part] | None:
    """The parts of an envelope; None for a document that is none."""
    for key, open_ in _BY_KEY.items():
        if key in document and (parts := open_(document)) is not None:
            return parts
    return None


def _lower_records(document: dict[str, Any]) -> list[Part] | None:
    """`records`: of Firehose (base64 in `data`), of an Azure Event Hub batch, of a Lambda self-managed Kafka source (`value`)."""
    records = document["records"]
    if isinstance(records, dict):  # Lambda's Kafka source: topic-partition → records
        records = [record for some in records.values() if isinstance(some, list) for record in some]
    if not isinstance(records, list):
        return None
    return [_lower_record(f"records[{place}]", record, document) for place, record in enumerate(records)]


def _lower_record(at: str, record: Any, batch: dict[str, Any]) -> Part:
    if isinstance(record, dict) and not record.keys() & {"resourceId", "operationName", "category"}:
        for key in ("data", "value"):
            if isinstance(record.get(key), str):
                return aws_layers.stream_record(at, record, key, batch)
    return Part(at, record)


def _pubsub(document: dict[str, Any]) -> list[Part] | None:
    """A push: the message and its subscription."""
    message = document["message"]
    if not isinstance(message, dict) or not ("subscription" in document or _has_message_id(message)):
        return None
    if not isinstance(message.get("data"), str) and not isinstance(message.get("attributes"), dict):
        return None
    attributes = {f"pubsub.{key}": value for key, value in labels(message.get("attributes")).items()}
    facts = {
        "pubsub.subscription": text(document.get("subscription")),
        "time": text(message.get("publishTime")) or text(message.get("publish_time")),
        **attributes,
    }
    return [Part("message.data", unpacked(message.get("data")), document, given(facts))]


def _pubsub_pull(document: dict[str, Any]) -> list[Part] | None:
    """The answer to a pull: each received message as a push has it."""
    messages = document["receivedMessages"]
    if not isinstance(messages, list) or not all(isinstance(message, dict) and "message" in message for message in messages):
        return None
    return [Part(f"receivedMessages[{place}]", message) for place, message in enumerate(messages)]


def _pubsub_bare(document: dict[str, Any]) -> list[Part] | None:
    """The message alone, as Cloud Functions of the first generation and client libraries hand it on."""
    published = _has_message_id(document) and ("publishTime" in document or "publish_time" in document)
    named = published or text(document.get("@type")).endswith("google.pubsub.v1.PubsubMessage")
    return [Part("", {"message": {"messageId": "", **document}})] if named and "message" not in document else None


def _has_message_id(message: dict[str, Any]) -> bool:
    return "messageId" in message or "message_id" in message


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
        return [Part("data_base64", unpacked(document["data_base64"]), document, given(facts))]
    data = document.get("data")
    content = data if isinstance(data, dict | list) else json_in(whole_text(data))
    return [Part("data", content, document, given(facts))]


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


_BY_KEY: Final[dict[str, Open]] = {
    **aws_layers.OPENERS,
    "records": _lower_records,
    "message": _pubsub,
    "receivedMessages": _pubsub_pull,
    "attributes": _pubsub_bare,
    "specversion": _cloud_event,
    "object": _watch,
    "items": _kubernetes_list,
    "payload": _connect,
    "value": _arm_list,
}
"""The key that gives an envelope away → how it is opened."""
