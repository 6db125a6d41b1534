"""One thing has one name, whatever each tool calls it, and an exporter is never it (C2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.aliases import ALIASES
from schemas.entity import KINDS, split
from schemas.identity import dictionary, identify, owner_of_pod
from schemas.resource_names import resource


@pytest.mark.parametrize(
    "alias",
    ["service", "service.name", "service_name", "app", "k8s-app", "app.kubernetes.io/name", "label_app", "deployment", "kube_deployment"],
)
def test_every_spelling_of_a_service_is_the_service(alias: str) -> None:
    assert identify({alias: "checkout"}).entity == "service:checkout"


@pytest.mark.parametrize(
    "alias", ["host", "hostname", "host.name", "node", "kubernetes.node.name", "Computer", "_HOSTNAME", "instance_id", "InstanceId"]
)
def test_every_spelling_of_a_host_is_the_host(alias: str) -> None:
    assert identify({alias: "web-1"}).entity == "host:web-1"


@pytest.mark.parametrize(
    ("labels", "entity"),
    [
        ({"service": "checkout", "app": "shop"}, "service:checkout"), ({"app": "shop", "job": "kubernetes-pods"}, "service:shop"),
        ({"pod": "checkout-7d9f8b6c5d-x2x9z", "job": "kube-state-metrics", "instance": "10.1.2.3:8080"}, "service:checkout"),
        ({"exported_pod": "db-0", "pod": "ksm-0", "job": "kube-state-metrics"}, "service:db"), ({"service": "kube-state-metrics", "deployment": "cart"}, "service:cart"),
        ({"job": "node-exporter", "instance": "web-1.example.com:9100"}, "host:web-1.example.com"), ({"job": "api", "instance": "10.0.0.1:8080"}, "service:api"),
        ({"pod": "kafka-2"}, "service:kafka"), ({"pod": "fluentd-x7k2p"}, "service:fluentd"), ({"pod": "plain"}, "pod:plain"),
        ({"FunctionName": "resize", "region": "eu-west-1"}, "function:resize"), ({"DBInstanceIdentifier": "orders"}, "database:orders"), ({"namespace": "shop"}, ""),
        ({"k8s.job.name": "backup-28461120"}, "service:backup"), ({"k8s.replicaset.name": "web-5f55b6cf68"}, "service:web"),
        ({"job": "node-exporter", "service": "mon-node-exporter", "pod": "mon-node-exporter-x9dkw", "container": "node-exporter", "instance": "10.0.12.7:9100"}, "host:10.0.12.7"),
        ({"job": "kube-state-metrics", "pod": "kube-state-metrics-5f8c9d8c5-9bcdf", "node": "n-7", "instance": "10.2.3.4:8080"}, "host:n-7"),
        ({"job": "kube-state-metrics", "pod": "fluentd-x7k2p", "container": "fluentd", "instance": "10.2.3.4:8080"}, "service:fluentd"),
        ({"job": "kafka-exporter", "instance": "kafka-exporter:9308", "topic": "invoices", "consumergroup": "billing"}, "queue:invoices"),
    ],
)  # fmt: skip
def test_the_most_trusted_name_of_the_thing_observed_counts(labels: dict[str, str], entity: str) -> None:
    assert identify(labels).entity == entity


@pytest.mark.parametrize(
    ("id_", "kind", "name"),
    [
        ("arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc", "host", "i-0abc"), ("arn:aws:lambda:us-east-1:1:function:resize:3", "function", "resize"),
        ("arn:aws:ecs:us-east-1:1:service/prod/web", "service", "web"), ("arn:aws:cloudwatch:us-east-1:1:alarm:A/b: c", "alarm", "A/b: c"),
        ("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/front/50dc", "resource", "front"), ("arn:aws:sqs:us-east-1:1:orders", "queue", "orders"),
        ("//compute.googleapis.com/projects/p/zones/us-central1-a/instances/vm", "host", "vm"), ("projects/p/locations/l/services/run", "resource", "run"),
        ("/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/VM1", "host", "VM1"),
        ("/subscriptions/s/resourcegroups/rg/providers/microsoft.sql/servers/sv/databases/db", "database", "db"), ("/subscriptions/s/resourceGroups/RG", "resource", "rg"),
    ],
)  # fmt: skip
def test_cloud_ids_are_taken_apart(id_: str, kind: str, name: str) -> None:
    found = resource(id_)
    assert found is not None
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    "id_",
    [
        "arn:aws:sqs:us-east-1:1:",
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/",
        "//",
        "projects/",
        "arn:",
        "/subscriptions/",
    ],
)
def test_an_id_without_a_name_is_none(id_: str) -> None:
    found = resource(id_)
    assert found is None or found.name.strip()


def test_azure_ids_compare_without_case() -> None:
    upper, lower = (resource(f"/subscriptions/S/resourceGroups/{rg}/providers/Microsoft.Web/sites/shop") for rg in ("Prod", "prod"))
    assert upper is not None
    assert lower is not None
    assert upper.id == lower.id


def test_names_meet_across_sources() -> None:
    """A host under its FQDN, its short name and its instance id is one; a pod's host holds it."""
    identity = identify({"host.name": "web-1.example.com", "host.id": "i-1"})
    assert {identity.entity, *identity.aliases} == {"host:web-1.example.com", "host:web-1", "host:i-1"}
    assert identify({"pod": "cart-0", "node": "n1"}).ancestors == ("host:n1",)


def test_a_component_is_no_name_of_its_service_alone() -> None:
    """`component: api` is shared by many: it never becomes an alias that would merge them."""
    assert "service:api" not in identify({"service": "cart", "component": "api"}).aliases


def test_the_users_dictionary_extends_ours() -> None:
    known = dictionary({"service.name": ("x_team_app",)}, {"service:old": "service:new"})
    assert identify({"x_team_app": "cart", "service": "svc"}, known).entity == "service:cart"
    assert identify({"service": "old"}, known).entity == "service:new"


def test_labels_of_people_and_secrets_are_not_kept() -> None:
    kept = dict(
        identify(
            {"service": "a", "user": "jane", "enduser.id": "u1", "contact": "jane@example.com", "user_agent": "curl", "db.user": "postgres"}
        ).attributes
    )
    assert (kept["user"], kept["enduser.id"], kept["contact"]) == ("<user>", "<user>", "<user>")
    assert (kept["user_agent"], kept["db.user"]) == ("curl", "postgres")


labels = st.dictionaries(
    st.sampled_from(sorted({*ALIASES, *(a for names in ALIASES.values() for a in names)})) | st.text(max_size=8),
    st.text(max_size=20),
    max_size=6,
)


@given(labels, st.randoms(use_true_random=False))
def test_order_of_labels_does_not_matter_and_entities_are_well_formed(given_labels: dict[str, str], rng: object) -> None:
    items = list(given_labels.items())
    rng.shuffle(items)  # type: ignore[attr-defined]
    one, two = identify(given_labels), identify(dict(items))
    assert one == two
    assert all(
        split(entity)[0] in KINDS and split(entity)[1] for entity in ([one.entity] if one.entity else []) + [*one.ancestors, *one.aliases]
    )


@given(st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z]", fullmatch=True))
def test_a_generated_pod_name_tells_its_deployment(name: str) -> None:
    assert owner_of_pod(f"{name}-5f55b6cf68-77cfw") == name
