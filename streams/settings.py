"""What a person may set: read once, at the front door, from CAUSELINE_* variables, a settings file and the command line.

Knows:   each setting, its default and its reason; a wrong name or value is answered with what would be right.
Ignores: what is done with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

PREFIX = "CAUSELINE_"
FILE_VARIABLE = "CAUSELINE_CONFIG"
"""Path of a TOML file with the same names in lower case, without the prefix."""
BESIDE = {FILE_VARIABLE, "CAUSELINE_CACHE"}
"""Variables with the prefix that are no settings."""


class SettingsError(ValueError):
    """The settings cannot be used; the message names each one and what would be right."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    kafka: str = Field(default="127.0.0.1:9092", description="Bootstrap servers, host:port, several separated by commas.")
    group: str = Field(default="causeline", description="Consumer group.  Workers of one group share the work.")
    group_instance_id: str | None = Field(default=None, description="Static membership: a restart under the same id causes no rebalance.")
    session_timeout_s: float = Field(
        default=10.0, ge=6.0, description="When a dead worker's partitions move on; Kafka refuses less than 6 s."
    )
    sasl_username: str | None = Field(default=None, description="SCRAM-SHA-512 user; with it TLS is used.")
    sasl_password: SecretStr | None = Field(default=None, description="SCRAM password.")
    tls_ca_file: Path | None = Field(default=None, description="CA certificates for TLS to the brokers.")

    estate: str = Field(default="default", description="Estate of rows that no attribute assigns to one.")
    estate_attributes: tuple[str, ...] = Field(default=(), description='Attributes that name the estate, e.g. ["k8s.cluster.name"].')
    aliases_file: Path | None = Field(default=None, description="YAML that extends the alias dictionary.")
    catalogue: Path | None = Field(default=None, description="Backstage catalog-info.yaml, one or many documents.")
    redaction_key_file: Path | None = Field(default=None, description="Key for pseudonyms of people; without it they become roles.")
    record_bytes_max: int = Field(default=1 << 20, gt=0, description="Larger records are refused before parsing.")

    disorder_s: float = Field(default=30.0, ge=0, description="How far a partition's rows may run backwards in event time.")
    idle_s: float = Field(default=60.0, gt=0, description="Silence after which a partition no longer holds back the others.")
    checkpoint_s: float = Field(default=10.0, gt=0, description="How often the engines' memory is written; what a crash repeats at most.")
    partitions: int = Field(default=4, gt=0, description="Partitions of new topics.")

    http_host: str = Field(default="127.0.0.1", description="Where /metrics, /livez and /readyz listen.")
    http_port: int = Field(default=9464, ge=0, le=65535, description="0 lets the kernel choose.")
    postmortem_dir: Path | None = Field(default=None, description="Also file each draft here as Markdown and JSON.")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Of the worker's own log.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = os.environ.get(FILE_VARIABLE)
        file = (TomlConfigSettingsSource(settings_cls, Path(path)),) if path else ()
        return (init_settings, env_settings, file_secret_settings, *file)


def load(**given: Any) -> Settings:
    """Settings from the command line (given), the environment and the file, in that order.  Raises SettingsError."""
    _refuse_strangers(os.environ)
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [f"{PREFIX}{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()]
        raise SettingsError("; ".join(lines)) from None


def _refuse_strangers(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | BESIDE
    strangers = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if strangers:
        told = []
        for name in strangers:
            near = get_close_matches(name, known, n=1)
            told.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
        raise SettingsError("; ".join(told))
