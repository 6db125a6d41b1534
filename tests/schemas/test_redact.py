"""Secrets and people are taken out of text at the edge, and nothing else is (C10)."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.redact import redact, redact_many, role_of

AWS_KEY = "AKIA" + "IOSFODNN7CANARY1"
GITHUB = "ghp_" + "Canary0123456789abcdefABCDEF01234567"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"used {AWS_KEY} today", AWS_KEY), (f"push with {GITHUB}", GITHUB), (f"token {JWT}!", JWT), ("password=hunter2 ok", "hunter2"), ('{"db_password": "s3cr3t!"}', "s3cr3t"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfi", "wJalr"), ("Authorization: Bearer abcDEF123456789xyz", "abcDEF"), ("postgres://app:hunter2@db:5432/x", "hunter2"),
        ("session_id=9f8a7b6c5d4e3f2a1b0c", "9f8a"), ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "MIIabc"), ("mail jane.canary@example.com", "jane"),
        ("Signed-off-by: Jane Canary <jane@example.com>", "Jane"), ("Co-authored-by: Jane Canary", "Canary"), ("deployed by Jane Canary in prod", "Jane"),
        ("Failed password for invalid user jcanary from 10.0.0.1", "jcanary"), ("Accepted publickey for jcanary from 10.0.0.1", "jcanary"), ("user=jcanary id=7", "jcanary"),
        ('{"username":"jcanary"}', "jcanary"), ("open /home/jcanary/.ssh/config", "jcanary"), (r"C:\Users\jcanary\app.log", "jcanary"),
        ("Merge pull request #12 from jcanary/fix", "jcanary"), ("call +49 170 1234567 now", "1234567"),
        ("Build pull_request 3 by @jcanary", "jcanary"), ("ssh jcanary@10.0.0.5 failed", "jcanary"),
    ],
)  # fmt: skip
def test_secrets_and_people_go(text: str, gone: str) -> None:
    assert gone in text
    assert gone not in redact(text)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "token expired for user", "token: invalid", "user request failed: timeout", "auth: connection failed to auth-service:8080", "created by ReplicaSet/web-5f55b6cf68",
        "session opened for user root by (uid=0)", "token bucket: 50", "OrderService called by frontend-2 is slow", "java.lang.IllegalStateException: password policy",
        "GET /api/v1/users/42 200 12ms", "pod checkout-6d4cf56db6-x2k9p OOMKilled", "commit 3a1f0c9d2b7e4a6f81c0d5e2f3a4b5c6d7e8f901", "updated by controller", "upgraded to chart podinfo@6.5.0", "npm install left-pad@v1.2",
    ],
)  # fmt: skip
def test_what_an_operator_needs_stays(text: str) -> None:
    assert redact(text) == text


def test_a_level_after_a_name_stays() -> None:
    """PostgreSQL writes its level right behind the user; whoever reads the row must see that it was fatal (C1)."""
    assert redact("db=shop,user=jcanary FATAL:  too many connections") == "db=shop,user=<user> FATAL:  too many connections"
    assert redact("user=Jane Canary ERROR: deadlock detected") == "user=<user> ERROR: deadlock detected"


def test_a_key_makes_pseudonyms_that_are_equal_for_one_person() -> None:
    """The same person has one pseudonym under a key, another under another key, and none without."""
    one, other = redact("user=jcanary", b"k"), redact("retry for user=jcanary", b"k")
    assert one.rpartition("=")[2] == other.rpartition("=")[2] != redact("user=jcanary", b"l").rpartition("=")[2]
    assert redact("user=jcanary") == "user=<user>"


@given(st.lists(st.text(max_size=60) | st.sampled_from([f"x {AWS_KEY}", "user=jane", "a@b.co"]), max_size=12))
def test_a_column_is_redacted_as_its_texts_are(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    assert redact_many(pl.Series(texts, dtype=pl.String)).to_list() == [redact(text) for text in texts]


@pytest.mark.parametrize(
    ("person", "role"),
    [("jane", "user"), ("arn:aws:iam::1:user/jane", "user"), ("deploy-bot", "automation"), ("root", "automation"), ("dependabot[bot]", "automation"),
     ("system:serviceaccount:kube-system:x", "automation"), ("", ""), (None, ""), (7, "")],
)  # fmt: skip
def test_actors_are_roles(person: object, role: str) -> None:
    assert role_of(person) == role
