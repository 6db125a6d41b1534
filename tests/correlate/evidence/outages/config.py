"""Outages that a change of configuration, infrastructure or a flag began."""

from __future__ import annotations

from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import Change, Log, Outage

OUTAGES = (
    Outage(
        "pool-lowered-spring", "guilty", "web>orders orders>ordersdb", {"orders": 9, "web": 5},
        ("orders", "orders: p99 latency above 2 s"),
        (
            Log("error", "orders", 20, "HikariPool-1 - Connection is not available, request timed out after {i}ms (total=5, active=5, idle=0, waiting=41)"),
            Log("error", "web", 10, "upstream orders returned 503"),
            Log("info", "orders", 20, "order {i} accepted"),
        ),
        (
            Change("guilty", 14, "orders", "chore: align defaults with the platform template", ("orders/src/main/resources/application.yaml",),
                   "@@ spring.datasource\n     hikari:\n-      maximum-pool-size: 40\n+      maximum-pool-size: 5\n       idle-timeout: 600000\n"),
            Change("decoy-1", 5, "orders", "fix: retry when a connection is not available", ("orders/src/main/java/shop/Retry.java",),
                   "@@ Order place(Cart cart)\n+    if (!breaker.allows()) {\n+        throw new Busy(\"connection is not available\");\n+    }\n     return repository.save(cart);\n"),
            Change("decoy-2", 8, "web", "feat: nicer 503 page when upstream orders is down", ("web/src/Down.tsx",), "@@\n+export const Down = () => <Page title=\"Back soon\" />;\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "timeout-lowered-python", "guilty", "web>recommend recommend>model", {"recommend": 8, "web": 5, "model": 1},
        ("web", "web: recommendations error ratio 35 %"),
        (
            Log("error", "recommend", 22, "request to model timed out after 120 ms"),
            Log("error", "web", 12, "recommend answered 504"),
            Log("info", "recommend", 22, "model answered in 17{n} ms"),
        ),
        (
            Change("guilty", 9, "recommend", "config: tidy client settings", ("recommend/settings.toml",), "@@ [model]\n host = \"model\"\n-timeout_ms = 1200\n+timeout_ms = 120\n retries = 1\n"),
            Change("decoy-1", 4, "recommend", "feat: count requests to model that timed out", ("recommend/client.py",),
                   "@@ def ask(self, user):\n     except Timeout:\n+        MODEL_TIMEOUTS.inc()\n         raise\n"),
            Change("decoy-2", 6, "model", "chore: newer CUDA patch level", ("model/Dockerfile",), "@@\n-FROM nvidia/cuda:12.4.0-base\n+FROM nvidia/cuda:12.4.1-base\n"),
            *COMMON[1:7],
        ),
    ),
    Outage(
        "memory-limit-k8s", "guilty", "web>thumbs", {"thumbs": 9, "web": 4},
        ("thumbs", "thumbs: pods restarting"),
        (
            Log("error", "thumbs", 12, "Container thumbs in pod thumbs-7d9f-{i} OOMKilled (exit code 137), restart backoff"),
            Log("error", "web", 10, "GET /thumb: connection reset by peer"),
            Log("info", "thumbs", 18, "thumbnail {i} made"),
        ),
        (
            Change("guilty", 20, "thumbs", "cost: right-size workloads", ("deploy/thumbs/values.yaml",), "@@ resources:\n   limits:\n     cpu: 500m\n-    memory: 1Gi\n+    memory: 256Mi\n"),
            Change("decoy-1", 7, "thumbs", "fix: free the buffer after each thumbnail to save memory", ("thumbs/src/resize.rs",),
                   "@@ pub fn resize(img: Image) -> Bytes {\n     let out = encode(&img);\n+    drop(img);\n     out\n"),
            Change("decoy-2", 12, "web", "feat: bigger thumbnails", ("web/src/Gallery.tsx",), "@@\n-const SIZE = 180;\n+const SIZE = 220;\n"),
            *COMMON[:5],
        ),
    ),
    Outage(
        "cache-ttl-lowered", "guilty", "web>catalog catalog>cache catalog>catalogdb", {"catalogdb": 9, "catalog": 7, "web": 4},
        ("catalogdb", "catalogdb: CPU above 90 %"),
        (
            Log("warn", "catalog", 25, "cache miss for product:{i}, reading from catalogdb"),
            Log("error", "catalogdb", 10, "remaining connection slots are reserved; statement canceled after {i} ms"),
            Log("info", "catalog", 25, "product {i} served"),
        ),
        (
            Change("guilty", 25, "catalog", "fresher prices on product pages", ("catalog/Config/cache.php",), "@@ return [\n-    'product_ttl' => 3600,\n+    'product_ttl' => 5,\n     'prefix' => 'catalog',\n"),
            Change("decoy-1", 6, "catalog", "fix: avoid cache stampede when a product is missing", ("catalog/src/Cache.php",),
                   "@@ public function get($key)\n+        if ($this->lock->held($key)) {\n+            return $this->stale($key);\n+        }\n"),
            Change("decoy-2", 10, "catalogdb", "raise shared buffers", ("db/postgresql.conf",), "@@\n-shared_buffers = 4GB\n+shared_buffers = 8GB\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "retry-storm", "guilty", "web>cart cart>inventory", {"inventory": 9, "cart": 6, "web": 4},
        ("inventory", "inventory: saturation, 429 ratio above 20 %"),
        (
            Log("warn", "inventory", 25, "too many requests from cart: rejected reservation {i}, queue full"),
            Log("error", "cart", 15, "reserve failed after 12 attempts: 429"),
            Log("info", "inventory", 20, "reserved {i}"),
        ),
        (
            Change("guilty", 13, "cart", "more robust reservations", ("cart/src/main/kotlin/Reserve.kt",),
                   "@@ private val policy = RetryPolicy(\n-    attempts = 3,\n-    backoff = Backoff.exponential(200.milliseconds),\n+    attempts = 12,\n )\n"),
            Change("decoy-1", 5, "inventory", "feat: answer 429 with Retry-After when the queue is full", ("inventory/http.go",),
                   "@@ func reject(w http.ResponseWriter) {\n+\tw.Header().Set(\"Retry-After\", \"2\")\n \tw.WriteHeader(429)\n"),
            Change("decoy-2", 9, "inventory", "perf: more workers", ("inventory/config.yaml",), "@@\n-workers: 16\n+workers: 24\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "flag-on", "new-ranking", "web>search search>ranker", {"search": 8, "ranker": 5, "web": 4},
        ("search", "search: error ratio 20 %"),
        (
            Log("error", "search", 20, "new ranking failed for query {i}: ranker returned no scores"),
            Log("error", "web", 8, "search answered 500"),
            Log("info", "search", 20, "query {i} ranked"),
        ),
        (
            Change("new-ranking", 3, "search", "new-ranking turned on in production", kind="flag"),
            Change("dark-mode", 2, "web", "dark-mode turned on in production", kind="flag"),
            Change("decoy-1", 12, "ranker", "feat: expose scores count as a metric", ("ranker/metrics.go",), "@@\n+var scores = promauto.NewCounter(prometheus.CounterOpts{Name: \"scores_total\"})\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "network-policy", "guilty", "web>payments payments>vault", {"payments": 9, "web": 6},
        ("payments", "payments: error ratio 90 %"),
        (
            Log("error", "payments", 20, "dial tcp vault:8200: i/o timeout while reading secret card-{i}"),
            Log("error", "web", 10, "payments answered 500"),
            Log("info", "payments", 20, "payment {i} captured"),
        ),
        (
            Change("guilty", 7, "payments", "security: least privilege for namespaces", ("deploy/payments/networkpolicy.yaml",),
                   "@@ spec:\n   egress:\n   - to:\n     - namespaceSelector: {matchLabels: {name: data}}\n-  - to:\n-    - namespaceSelector: {matchLabels: {name: vault}}\n-    ports: [{port: 8200}]\n"),
            Change("decoy-1", 3, "payments", "chore: log i/o timeout errors with the secret's name", ("payments/secrets.go",), "@@\n+\t\tlog.Error(\"i/o timeout reading secret\", \"name\", name)\n"),
            Change("decoy-2", 11, "web", "feat: payment icons", ("web/src/icons.ts",), "@@\n+export const visa = icon('visa');\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "certificate-rotation", "guilty", "web>auth auth>ldap", {"auth": 9, "web": 6},
        ("auth", "auth: logins failing"),
        (
            Log("error", "auth", 20, "tls: failed to verify certificate: x509: certificate signed by unknown authority (ldap-ca-2021) for login {i}"),
            Log("error", "web", 10, "login failed: auth 502"),
            Log("info", "auth", 20, "login {i} ok"),
        ),
        (
            Change("guilty", 6, "auth", "rotate trust bundle", ("deploy/auth/trust-bundle.yaml",), "@@ data:\n-  ca: ldap-ca-2021\n+  ca: corp-root-2024\n"),
            Change("decoy-1", 3, "auth", "docs in code: certificate verification", ("auth/tls.go",), "@@\n+// verify checks the certificate against the authority of the bundle.\n func verify(cert *x509.Certificate) error {\n"),
            Change("decoy-2", 18, "web", "feat: remember login", ("web/src/login.ts",), "@@\n+  localStorage.setItem('remember', 'yes');\n"),
            *COMMON[:6],
        ),
    ),
)  # fmt: skip
