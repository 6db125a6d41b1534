"""What settings mean to the parts: how records are read, how long late rows are waited for, which services depend on which.

Knows:   the settings, and the files that they name.
Ignores: Kafka and Faust, so that commands which need neither start at once.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import yaml

from correlate.clock import Patience
from correlate.units import SECOND_NS
from schemas.catalogue import Catalogue, read_catalogue
from schemas.reading import Reading
from schemas.sources.envelope import Limits
from streams.settings import Settings, SettingsError

logger = logging.getLogger(__name__)


def patience_of(settings: Settings) -> Patience:
    return Patience(int(settings.disorder_s * SECOND_NS), int(settings.idle_s * SECOND_NS))


def reading_of(settings: Settings) -> Reading:
    """What the readers are told.  Raises SettingsError for a file that cannot be read."""
    key = b""
    if settings.redaction_key_file:
        try:
            key = settings.redaction_key_file.read_bytes().strip()
        except OSError as error:
            raise SettingsError(f"the redaction key {settings.redaction_key_file} cannot be read: {error.strerror}") from None
    return Reading(
        estate=settings.estate,
        estate_attributes=settings.estate_attributes,
        aliases=_aliases(settings.aliases_file),
        redaction_key=key,
        limits=Limits(record_bytes=settings.record_bytes_max),
    )


def catalogue_of(path: Path | None) -> Catalogue:
    """The service catalogue; documents that cannot be read are logged and left out."""
    if path is None:
        return Catalogue()
    try:
        catalogue = read_catalogue(path.read_text())
    except OSError as error:
        raise SettingsError(f"the catalogue {path} cannot be read: {error.strerror}") from None
    for rejected in catalogue.rejected:
        logger.warning("catalogue %s: %s %s", path, rejected.at, rejected.detail)
    return catalogue


def _aliases(path: Path | None) -> dict[str, Any]:
    """The user's dictionary: `attributes` maps an OpenTelemetry name to further names of it, `entities` an entity to its other entity."""
    if path is None:
        return {}
    try:
        told = yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"the alias dictionary {path} cannot be read: {error}") from None
    right = isinstance(told, dict) and told.keys() <= {"attributes", "entities"} and all(isinstance(part, dict) for part in told.values())
    attributes, entities = (told.get("attributes", {}), told.get("entities", {})) if right else ({}, {})
    right = right and all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in attributes.values())
    right = right and all(isinstance(entity, str) and ":" in entity for pair in entities.items() for entity in pair)
    if not right:
        raise SettingsError(
            f"the alias dictionary {path} is not understood; write\n"
            "attributes:\n  service.name: [app_id, component]\nentities:\n  service:chk: service:checkout"
        )
    return told
