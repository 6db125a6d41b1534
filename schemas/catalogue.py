"""The service catalogue: Backstage `catalog-info.yaml`, one document an entity.

Knows:   kind Component, Resource, System and API, their names, owners and `spec.dependsOn`.
Ignores: where the file lies.
Source:  Backstage descriptor format of catalogue entities (`component:[namespace/]name` references).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from schemas.entity import entity
from schemas.rejected import Rejected

DOCUMENT_BYTES_MAX = 16 << 20
"""A catalogue of ten thousand services is about 3 MB."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Entity → entities it depends on; every declared entity is a key."""
    owners: Mapping[str, str] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()


def read_catalogue(text: str) -> Catalogue:
    """All documents of one or more concatenated files; what cannot be read is told, the rest is taken."""
    if len(text) > DOCUMENT_BYTES_MAX:
        return Catalogue(rejected=(Rejected("too_large", f"a catalogue may have at most {DOCUMENT_BYTES_MAX} bytes"),))
    calls: dict[str, frozenset[str]] = {}
    owners: dict[str, str] = {}
    rejected: list[Rejected] = []
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        return Catalogue(rejected=(Rejected("not_yaml", f"the catalogue is no YAML: {error}", format="backstage.catalogue"),))
    for place, document in enumerate(documents):
        if document is None:
            continue
        match document:
            case {"kind": str(), "metadata": {"name": str(name)}, **rest}:
                spec = rest.get("spec")
                spec = spec if isinstance(spec, dict) else {}
                me = entity("service", name)  # a database in the catalogue is the `service` of its exporter and of its callers' labels
                depends = spec.get("dependsOn")
                calls[me] = (
                    frozenset(_reference(item) for item in depends if isinstance(item, str)) if isinstance(depends, list) else frozenset()
                )
                if isinstance(spec.get("owner"), str):
                    owners[me] = spec["owner"]
            case _:
                rejected.append(
                    Rejected(
                        "no_name", "a catalogue entity needs `kind` and `metadata.name`", f"document {place + 1}", "backstage.catalogue"
                    )
                )
    return Catalogue(calls, owners, tuple(rejected))


def _reference(reference: str) -> str:
    return entity("service", reference.rpartition(":")[2].rpartition("/")[2])
