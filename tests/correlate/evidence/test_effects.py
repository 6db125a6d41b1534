"""What a patch does, whatever the language."""

import pytest

from correlate.evidence.effects import effects, effects_of_move
from correlate.evidence.mechanisms import CAUSES, EASES, HAZARDS, SAYS, TROUBLES, UNKNOWN


def kinds(diff: str, path: str = "src/x.py") -> set[str]:
    return {effect.kind for effect in effects("@@ somewhere\n" + diff, (path,))}


@pytest.mark.parametrize(
    ("path", "diff", "effect"),
    [
        ("x.go", "-\tmu.Lock()\n-\tdefer mu.Unlock()\n \tm[k] = v", "unordered"),
        ("x.go", "-\tdefer rows.Close()\n \treturn scan(rows)", "leaks"),
        ("X.java", "-    @Transactional\n     public void pay() {", "unordered"),
        ("X.java", "-        if (coupon == null) {\n-            return price;\n-        }", "unguarded"),
        ("x.py", "-    r = requests.get(url, timeout=5)\n+    r = requests.get(url)", "unbounded"),
        ("x.py", "-    rows = Order.objects.select_related('customer')\n+    rows = Order.objects.all()", "amplified"),
        ("x.py", "+    row = Row.objects.select_for_update().get(id=i)", "locked"),
        ("x.ts", "-  await save(order);\n+  save(order);", "unordered"),
        ("x.rb", "-    Product.order(:score).limit(50)\n+    Product.order(:score)", "unbounded"),
        ("x.kt", '-    val name = user?.name ?: "guest"\n+    val name = user!!.name', "unguarded"),
        ("x.rs", "-    let v = map.get(k).unwrap_or_default();\n+    let v = map.get(k).unwrap();", "unguarded"),
        ("x.cs", "-        using var conn = pool.Open();\n+        var conn = pool.Open();", "leaks"),
        ("x.ex", "-      nil -> {:error, :not_found}\n-    case Repo.get(User, id) do\n+    {:ok, Repo.get!(User, id)}", "unguarded"),
        ("x.cc", "-  std::lock_guard<std::mutex> g(m_);\n   items_.push_back(x);", "unordered"),
        ("x.go", " \tfor _, id := range ids {\n+\t\titem, err := catalog.GetItem(ctx, id)", "amplified"),
        ("x.go", '-\tCode string `json:"code"`\n+\tCode string `json:"coupon"`', "renamed"),
        ("x.proto", "-  string user_id = 3;\n+  int64 user_id = 3;", "renamed"),
        ("x.sql", "+ALTER TABLE a DROP COLUMN b;", "dropped"),
        ("x.sql", "+DROP INDEX a_b;", "index_dropped"),
        ("x.sql", "+CREATE INDEX a_b ON a (b);", "index_added"),
        ("requirements.txt", "-flask==2.3.3\n+flask==3.0.0", "major"),
        ("package.json", '-  "zod": "3.23.8",\n+  "zod": "3.23.9",', "patch"),
        ("values.yaml", "-    memory: 1Gi\n+    memory: 256Mi", "capacity_cut"),
        ("app.properties", "-pool.size=5\n+pool.size=50", "capacity_raised"),
        ("x.yaml", "-rate_limit: 1000\n+rate_limit: 10", "capacity_cut"),
        ("x.yaml", "-retry_delay_ms: 1000\n+retry_delay_ms: 10", "period_cut"),
        ("x.toml", "-timeout_ms = 2000\n+timeout_ms = 200", "wait_cut"),
        ("x.toml", '-timeout = "2s"\n+timeout = "300ms"', "wait_cut"),
        ("x.json", '-  "maxRetries": 2,\n+  "maxRetries": 20,', "tries_raised"),
        ("x.sh", '-JAVA_OPTS="-Xmx2g"\n+JAVA_OPTS="-Xmx512m"', "capacity_cut"),
        ("tasks.py", "-        'schedule': crontab(minute='*/30'),\n+        'schedule': crontab(minute='*'),", "period_cut"),
        ("job.yaml", '-  schedule: "0 3 * * *"\n+  schedule: "*/5 * * * *"', "period_cut"),
        ("job.yaml", '-  schedule: "0 * * * *"\n+  schedule: "0 */6 * * *"', "period_raised"),
        ("job.yaml", '-  schedule: "0,30 * * * *"\n+  schedule: "0 3 1 * *"', "period_raised"),
        ("X.java", "-    for (int m = 0; m < size; m++) {\n+    for (int m = 0; m <= size; m++) {", "condition"),
        ("x.ts", "-  if (!user.archived) {\n+  if (user.archived) {", "condition"),
        ("x.kt", "-  val timeout = TimeUnit.SECONDS.toMillis(30)\n+  val timeout = Duration.ofMillis(30)", "wait_cut"),
        ("x.py", "-    total = net + tax\n+    total = net - tax", "altered"),
        ("prod.yaml", "-  level: info\n+  level: debug", "accumulates"),
        ("Dockerfile", "-FROM --platform=linux/amd64 rust:1.82\n+FROM --platform=linux/arm64 rust:1.82", "switched"),
        ("settings.py", "-CACHE_ENABLED = True\n+CACHE_ENABLED = False", "switched"),
        ("net.tf", "-    cidr_blocks = [var.office]\n+    cidr_blocks = [var.vpn]", "access"),
    ],
)
def test_an_effect_is_seen_in_any_language(path: str, diff: str, effect: str) -> None:
    assert effect in kinds(diff, path)


@pytest.mark.parametrize(
    "diff",
    [
        "-// waits for the lock\n+// waits at most 5 s for the lock",
        '+    logger.warning("pool exhausted, %d waiting", n)',
        "+QUEUE = Gauge('queue_length', 'Jobs waiting')",
        "-    lock.acquire()\n+        lock.acquire()",
        "-\tif err != nil {\n-\t\treturn nil, err\n-\t}\n+\tif err != nil {\n+\t\treturn nil, fmt.Errorf(\"x: %w\", err)\n+\t}",
    ],
    ids=["comment", "log line", "metric", "indentation", "error handed on"],
)  # fmt: skip
def test_what_only_talks_observes_or_moves_has_no_effect_that_breaks(diff: str) -> None:
    assert not kinds(diff, "x.go") & HAZARDS


def test_a_version_that_moved_is_no_setting_that_was_switched() -> None:
    assert kinds('-  "vite": "^5.4.2",\n+  "vite": "^5.6.0-beta.1",', "package.json") == {"minor"}


def test_a_refactoring_that_keeps_its_check_removes_none() -> None:
    assert "unguarded" not in kinds("-    if (a == null) { return b; }\n+    if (Objects.isNull(a)) { return b; }")


def test_a_scale_told_by_the_row_itself_is_an_effect() -> None:
    assert [effect.kind for effect in effects_of_move("desired capacity of web", "6", "2")] == ["capacity_cut"]
    assert not effects_of_move("desired capacity of web", "6", "6")


def test_a_huge_patch_is_read_in_bounded_time() -> None:
    """A generated file of 100,000 lines must not hold up the incident."""
    assert len(effects("@@\n" + "+if x: y()\n" * 100_000, ("x.py",))) < 10


def test_every_effect_of_the_tables_can_be_told_and_every_trouble_has_causes_and_cures() -> None:
    named = {effect for fits in CAUSES.values() for effect in fits} | {effect for cures in EASES.values() for effect in cures}
    assert named | HAZARDS <= SAYS.keys()
    assert CAUSES.keys() == EASES.keys() == TROUBLES.keys() | {UNKNOWN}
    assert not [(trouble, both) for trouble in CAUSES for both in CAUSES[trouble].keys() & EASES[trouble] if CAUSES[trouble][both] >= 0.6]


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("db.r6g.4xlarge", "db.r6g.large", "capacity_cut"),
        ("t3.small", "t3.xlarge", "capacity_raised"),
        ("m5.large", "m6i.large", "switched"),
    ],
)
def test_types_of_instances_have_sizes(old: str, new: str, effect: str) -> None:
    assert {each.kind for each in effects_of_move("instanceClass", old, new)} == {effect}


def test_what_runs_only_once_there_is_trouble_did_not_begin_it() -> None:
    waits = "+    if (response.status === 429) {\n+      await sleep(1000);\n+    }\n"
    assert "blocking" not in kinds(waits)
    assert "blocking" in kinds("+    await sleep(1000);\n")


def test_a_list_of_its_own_is_emptied_with_the_function() -> None:
    assert "accumulates" not in kinds("+    lines.append(card.points)\n")
    assert "accumulates" in kinds("+    self.lines.append(card.points)\n")
