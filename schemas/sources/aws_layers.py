"""Envelopes of AWS: SNS, SQS, Kinesis and Firehose as their receivers get them, CloudWatch Logs subscriptions, EventBridge requests.

Knows:   where each holds its content, and which facts (topic, queue, stream, log group, arrival) a content without them needs.
Ignores: what the contents are.
References: AWS Lambda event sources (SNS, SQS, Kinesis, Firehose, self-managed Kafka); SQS API `ReceiveMessage`; CloudWatch Logs
subscription filters; EventBridge API `PutEvents`; CloudTrail API `LookupEvents`.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.sources.fields import mapping, sequence, text
from schemas.sources.part import Open, Part, given, json_in, unpacked, whole_text


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
        return Part(f"{at}.kinesis.data", unpacked(kinesis.get("data")), kinesis, given(facts))
    if isinstance(record.get("body"), str) and ("receiptHandle" in record or "messageId" in record):
        return _sqs(f"{at}.body", record)
    return Part(at, record)


def _queued(document: dict[str, Any]) -> list[Part] | None:
    """One record of an SQS event by itself."""
    return [_sqs("body", document)] if isinstance(document["body"], str) and "receiptHandle" in document else None


def _sqs(at: str, message: dict[str, Any]) -> Part:
    """A message in Lambda's spelling."""
    facts = {"aws.sqs.arn": text(message.get("eventSourceARN")), "time": text(mapping(message.get("attributes")).get("SentTimestamp"))}
    return Part(at, message["body"], message, given(facts))


def _received(document: dict[str, Any]) -> list[Part] | None:
    """`Messages` of SQS's ReceiveMessage."""
    messages = document["Messages"]
    if (
        not isinstance(messages, list)
        or not messages
        or not all(isinstance(message, dict) and _is_received(message) for message in messages)
    ):
        return None
    return [_sqs(f"Messages[{place}].Body", _as_lambda(message)) for place, message in enumerate(messages)]


def _received_one(document: dict[str, Any]) -> list[Part] | None:
    return [_sqs("Body", _as_lambda(document))] if _is_received(document) else None


def _is_received(message: dict[str, Any]) -> bool:
    return isinstance(message.get("Body"), str) and ("ReceiptHandle" in message or "MD5OfBody" in message)


def _as_lambda(message: dict[str, Any]) -> dict[str, Any]:
    """The API begins its keys with capitals, Lambda does not."""
    return {"receiptHandle": "", **{f"{key[:1].lower()}{key[1:]}": value for key, value in message.items()}}


def _sns(at: str, message: dict[str, Any]) -> Part:
    facts = {
        "aws.sns.topic.arn": text(message.get("TopicArn")),
        "subject": text(message.get("Subject")),
        "time": text(message.get("Timestamp")),
        "aws.sns.message_id": text(message.get("MessageId")),
    }
    content = message.get("Message") if text(message.get("Type")) not in _CONFIRMATIONS else None
    return Part(f"{at}.Message" if at else "Message", content, message, given(facts))


_CONFIRMATIONS: Final = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


def _sns_http(document: dict[str, Any]) -> list[Part] | None:
    if text(document.get("Type")) == "Notification" and isinstance(document.get("Message"), str):
        return [_sns("", document)]
    return None


def stream_record(at: str, record: dict[str, Any], key: str, batch: dict[str, Any]) -> Part:
    """A record of Firehose (`data`) or of Kafka as Lambda gets it (`value`), with the stream or topic it came by."""
    facts = {
        "aws.kinesis.arn": text(batch.get("deliveryStreamArn")),
        "kafka.topic": text(record.get("topic")),
        "time": text(record.get("approximateArrivalTimestamp")) or text(record.get("timestamp")),
    }
    return Part(f"{at}.{key}", unpacked(record[key]), record, given(facts))


def _cloudwatch_logs(document: dict[str, Any]) -> list[Part] | None:
    packed = mapping(document["awslogs"]).get("data")
    return [Part("awslogs.data", unpacked(packed))] if isinstance(packed, str) else None


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
        message = whole_text(said.get("message"))
        carrier = given({**facts, "time": text(said.get("timestamp")), "id": text(said.get("id"))})
        whole = {**facts, "id": said.get("id"), "timestamp": said.get("timestamp"), "message": message}
        content = json_in(message)
        parts.append(Part(f"logEvents[{place}]", None if _is_container_log(content) else content, whole, carrier))
    return parts


def _is_container_log(message: object) -> bool:
    """A line that Fluent Bit took from a container has no time but that of its event."""
    return isinstance(message, dict) and isinstance(message.get("kubernetes"), dict) and not message.keys() & {"date", "time", "timestamp"}


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
            "detail": json_in(whole_text(said.get("Detail"))) or said.get("Detail"),
        }
        parts.append(Part(f"Entries[{place}]" if "Entries" in document else "", event))
    return parts


def _looked_up(document: dict[str, Any]) -> list[Part] | None:
    """An event of CloudTrail's LookupEvents holds the record as a text."""
    record = json_in(whole_text(document["CloudTrailEvent"]))
    return [Part("CloudTrailEvent", record)] if isinstance(record, dict) else None


def _looked_up_all(document: dict[str, Any]) -> list[Part] | None:
    events = document["Events"]
    if not isinstance(events, list) or not events or not all(isinstance(event, dict) and "CloudTrailEvent" in event for event in events):
        return None
    return [Part(f"Events[{place}]", event) for place, event in enumerate(events)]


OPENERS: Final[dict[str, Open]] = {
    "Records": _records,
    "body": _queued,
    "Messages": _received,
    "Body": _received_one,
    "TopicArn": _sns_http,
    "awslogs": _cloudwatch_logs,
    "logEvents": _log_events,
    "Entries": _put_events,
    "DetailType": _put_events,
    "CloudTrailEvent": _looked_up,
    "Events": _looked_up_all,
}
"""The key that gives an envelope away → how it is opened."""
