"""Outages written last of all: other languages, other trouble, other words."""

from __future__ import annotations

from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import Change, Log, Outage

OUTAGES = (
    Outage(
        "strange-stale-cache-key", "guilty", "web>prices prices>redis", {"prices": 7, "web": 5}, ("web", "web: complaints about wrong prices, checkout mismatch 12 %"),
        (
            Log("error", "web", 14, "price mismatch at checkout: shown 19.{n} EUR, charged 24.{n} USD, basket {i}"),
            Log("info", "web", 20, "basket {i} charged"),
        ),
        (
            Change("guilty", 21, "prices", "Shorter cache keys", ("prices/cache.go",), "@@ func key(p Product, m Market) string {\n-\treturn p.ID + \":\" + m.Currency\n+\treturn p.ID\n }\n"),
            Change("decoy-1", 4, "web", "Show the price with its currency", ("web/src/Price.tsx",), "@@\n+  <small>{price.currency}</small>\n"),
            Change("decoy-2", 8, "prices", "Price history for operators", ("prices/ops.go",), "@@\n+func history(w http.ResponseWriter, r *http.Request) {\n+\tjson.NewEncoder(w).Encode(log.All())\n+}\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "strange-graphql-depth", "guilty", "app>graph graph>users graph>posts", {"graph": 9, "users": 4, "posts": 5, "app": 4}, ("graph", "graph: CPU 99 %, p99 9 s"),
        (
            Log("warn", "graph", 14, "query took {i} ms: depth 14, 90{n}0 resolvers"),
            Log("error", "app", 9, "graph timed out"),
            Log("info", "graph", 20, "query took 40 ms: depth 3, 20 resolvers"),
        ),
        (
            Change("guilty", 33, "graph", "Let partners ask freely", ("graph/server.js",), "@@ const server = new Server({\n   schema,\n-  validationRules: [depthLimit(5)],\n   introspection: false,\n"),
            Change("decoy-1", 5, "graph", "Warn about slow queries with their depth", ("graph/plugins/slow.js",), "@@\n+  if (ms > 1000) log.warn(`query took ${ms} ms: depth ${depth}`);\n"),
            Change("decoy-2", 9, "posts", "Posts may be pinned", ("posts/model.rb",), "@@\n+  scope :pinned, -> { where(pinned: true) }\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "strange-consumer-group", "guilty", "orders>bus bus>stock", {"stock": 8, "orders": 2}, ("stock", "stock: lag of topic orders 90,000"),
        (
            Log("warn", "stock", 12, "partition orders-{n} revoked, group stock is rebalancing"),
            Log("error", "stock", 10, "commit failed: the group has already rebalanced"),
            Log("info", "stock", 20, "order {i} booked"),
        ),
        (
            Change("guilty", 10, "stock", "Quicker detection of dead consumers", ("stock/src/main/resources/kafka.properties",), "@@\n-session.timeout.ms=45000\n-heartbeat.interval.ms=15000\n+session.timeout.ms=6000\n+heartbeat.interval.ms=5000\n"),
            Change("decoy-1", 3, "stock", "Commit failures are counted", ("stock/src/main/java/Commit.java",), "@@\n+        failures.increment();\n"),
            Change("decoy-2", 7, "orders", "Orders carry a channel", ("orders/event.py",), "@@\n+    channel: str = 'web'\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "strange-timezone", "guilty", "web>reports", {"reports": 8}, ("reports", "reports: nightly report empty"),
        (
            Log("error", "reports", 9, "no rows between 2023-11-14T00:00+13:00 and 2023-11-15T00:00+13:00 for shop {i}"),
            Log("info", "reports", 20, "report of shop {i} has 311 rows"),
        ),
        (
            Change("guilty", 44, "reports", "Days begin where the shop is", ("reports/days.py",), "@@ def bounds(day, shop):\n-    start = datetime.combine(day, time.min, tzinfo=UTC)\n+    start = datetime.combine(day, time.min, tzinfo=shop.zone)\n     return start, start + timedelta(days=1)\n"),
            Change("decoy-1", 6, "reports", "An empty report says so", ("reports/render.py",), "@@\n+    if not rows:\n+        return 'no rows'\n"),
            Change("decoy-2", 15, "web", "Reports in the menu", ("web/src/Menu.tsx",), "@@\n+  <Link to=\"/reports\">Reports</Link>\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "strange-security-header", "guilty", "browser>edge edge>cdn", {"edge": 7, "browser": 6}, ("edge", "edge: scripts blocked in browsers"),
        (
            Log("error", "browser", 18, "Refused to load the script 'https://cdn.shop.example/app-{i}.js' because it violates the Content Security Policy directive script-src 'self'"),
            Log("info", "browser", 20, "page {i} loaded"),
        ),
        (
            Change("guilty", 6, "edge", "Stricter headers", ("edge/headers.conf",), "@@\n-add_header Content-Security-Policy \"script-src 'self' https://cdn.shop.example\";\n+add_header Content-Security-Policy \"script-src 'self'\";\n"),
            Change("decoy-1", 3, "edge", "Collect reports of violated policies", ("edge/report.go",), "@@\n+\thttp.HandleFunc(\"/csp-report\", collect)\n"),
            Change("decoy-2", 9, "cdn", "Longer cache for fonts", ("cdn/fonts.conf",), "@@\n-expires 7d;\n+expires 30d;\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "strange-helm-selector", "guilty", "web>cart", {"cart": 9, "web": 6}, ("web", "web: cart unreachable"),
        (
            Log("error", "web", 18, "dial tcp 10.96.14.2:80: connect: connection refused (cart, request {i})"),
            Log("info", "web", 20, "cart of {i} read"),
        ),
        (
            Change("guilty", 4, "cart", "Recommended labels", ("charts/cart/templates/service.yaml",), "@@ spec:\n   selector:\n-    app: cart\n+    app.kubernetes.io/name: cart\n   ports:\n"),
            Change("decoy-1", 2, "web", "Say that the cart cannot be reached", ("web/src/Cart.tsx",), "@@\n+  if (error) return <p>cart unreachable</p>;\n"),
            Change("decoy-2", 9, "cart", "Fewer allocations", ("cart/cart.go",), "@@\n-\tlines := []Line{}\n+\tlines := make([]Line, 0, n)\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "strange-undersea-cable", None, "web>orders web>search", {"web": 7, "orders": 5, "search": 5}, ("web", "web: latency from region ap-south high"),
        (
            Log("warn", "web", 20, "slow client, {i} ms to first byte", {"client.region": ["ap-south"]}),
            Log("info", "web", 30, "page served", {"client.region": ["eu-west", "us-east", "sa-east", "ap-south"]}),
        ),
        (
            Change("decoy-1", 6, "web", "First byte sooner: stream the page", ("web/server.ts",), "@@\n-  res.send(render(page));\n+  renderToStream(page).pipe(res);\n"),
            Change("decoy-2", 12, "orders", "Orders by region", ("orders/by_region.py",), "@@\n+def by_region(region):\n+    return [order for order in orders() if order.region == region]\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "strange-licence", None, "web>ocr", {"ocr": 9, "web": 4}, ("ocr", "ocr: all jobs fail"),
        (
            Log("error", "ocr", 20, "engine refused job {i}: license has expired on 2023-11-14"),
            Log("info", "ocr", 20, "job {i} read"),
        ),
        (
            Change("decoy-1", 5, "ocr", "Jobs are refused early when too large", ("ocr/jobs.py",), "@@\n+    if job.size > MAX_JOB:\n+        raise Refused('job too large')\n"),
            Change("decoy-2", 11, "web", "Drag and drop", ("web/src/Drop.tsx",), "@@\n+  onDrop={read}\n"),
            *COMMON[:7],
        ),
    ),
)  # fmt: skip
