"""What a service is told when it starts: its release, its neighbours' addresses, its limits.

Knows:   the environment variables, their defaults and the reasons for those.
Ignores: what the service does with them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    service: str
    version: str
    port: int
    log_path: Path
    flags_path: Path
    upstreams: dict[str, str]
    """Base URL of each service of the shop, by name."""
    postgres_port: int
    redis_port: int
    orders_module: str
    """Which implementation of placing an order this checkout release carries."""
    pool_size: int
    """Connections to PostgreSQL this process may hold: five times what the load needs on a calm day."""
    pool_timeout_s: float
    """How long a request waits for a free connection before it gives up: below the caller's own timeout."""
    cache_ttl_s: int
    """How long the catalogue trusts what Redis holds."""
    charge_ttl_s: int
    """How long a payment is remembered, so that a retried charge is made once."""
    retry_after_s: float
    """The frontend's pause before its one retry: long enough for a restarting checkout to listen again."""
    slow_s: float
    """A request slower than this is worth a warning of its own."""

    @classmethod
    def from_environment(cls, service: str) -> Settings:
        env = os.environ
        upstreams = {key[9:].lower(): url for key, url in env.items() if key.startswith("UPSTREAM_")}
        return cls(
            service=service,
            version=env["SERVICE_VERSION"],
            port=int(env["PORT"]),
            log_path=Path(env["LOG_PATH"]),
            flags_path=Path(env["FLAGS_PATH"]),
            upstreams=upstreams,
            postgres_port=int(env["POSTGRES_PORT"]),
            redis_port=int(env["REDIS_PORT"]),
            orders_module=env.get("ORDERS_MODULE", "orders_1_7"),
            pool_size=int(env.get("POOL_SIZE", "16")),
            pool_timeout_s=float(env.get("POOL_TIMEOUT_S", "2.0")),
            cache_ttl_s=int(env.get("CACHE_TTL_S", "15")),
            charge_ttl_s=int(env.get("CHARGE_TTL_S", "600")),
            retry_after_s=float(env.get("RETRY_AFTER_S", "0.2")),
            slow_s=float(env.get("SLOW_S", "1.0")),
        )
