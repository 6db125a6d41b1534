"""How clients prove who they are to Kafka, and know whom they talk to.

Knows:   SCRAM over TLS, TLS alone, and plaintext on loopback.
Ignores: everything else.
"""

from __future__ import annotations

import ssl
from typing import Any

from faust import SASLCredentials, SSLCredentials
from faust.auth import Credentials

from streams.settings import Settings, SettingsError

_MECHANISM = "SCRAM-SHA-512"


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """None: plaintext, which is refused for brokers off this machine as soon as a password would travel."""
    if settings.tls_ca_file is None and settings.sasl_username is None:
        return None
    context = ssl.create_default_context(cafile=str(settings.tls_ca_file) if settings.tls_ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def kafka_security(settings: Settings) -> dict[str, Any]:
    """Arguments of a plain aiokafka client."""
    context = tls_context(settings)
    if context is None:
        return {}
    if settings.sasl_username is None:
        return {"security_protocol": "SSL", "ssl_context": context}
    return {
        "security_protocol": "SASL_SSL",
        "ssl_context": context,
        "sasl_mechanism": _MECHANISM,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": _password(settings),
    }


def faust_credentials(settings: Settings) -> Credentials | None:
    context = tls_context(settings)
    if context is None:
        return None
    if settings.sasl_username is None:
        return SSLCredentials(context)
    return SASLCredentials(username=settings.sasl_username, password=_password(settings), ssl_context=context, mechanism=_MECHANISM)


def _password(settings: Settings) -> str:
    if settings.sasl_password is None:
        raise SettingsError("CAUSELINE_SASL_USERNAME is set without CAUSELINE_SASL_PASSWORD")
    return settings.sasl_password.get_secret_value()
