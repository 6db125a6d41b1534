"""Outages that no change began, kept back while the judges were built: their answers measure, they never tune."""

from __future__ import annotations

from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import Change, Log, Outage
from tests.correlate.evidence.outages.world import traffic

OUTAGES = (
    Outage(
        "kept-dns", None, "web>orders web>stock orders>erp", {"orders": 7, "stock": 7, "web": 5}, ("web", "web: error ratio 30 %"),
        (
            Log("error", "orders", 16, "lookup erp.corp.example on 10.96.0.10:53: server misbehaving (SERVFAIL) for order {i}"),
            Log("error", "stock", 14, "getaddrinfo EAI_AGAIN warehouse.corp.example"),
            Log("error", "web", 10, "orders answered 500"),
            Log("info", "orders", 20, "order {i} sent to erp"),
        ),
        (
            Change("decoy-1", 5, "orders", "chore: reword lookup errors", ("orders/erp/errors.go",), "@@\n-var ErrLookup = errors.New(\"lookup\")\n+var ErrLookup = errors.New(\"erp lookup failed\")\n"),
            Change("decoy-2", 9, "stock", "feat: warehouse names in upper case", ("stock/names.js",), "@@\n-  return warehouse.name;\n+  return warehouse.name.toUpperCase();\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "kept-sms-provider", None, "app>otp", {"otp": 9, "app": 6}, ("otp", "otp: delivery below 20 %"),
        (
            Log("error", "otp", 22, "sms-gateway.telcohub.net: connect timed out after 10000 ms, message m-{i}"),
            Log("warn", "app", 10, "code not delivered, otp answered 504"),
            Log("info", "otp", 20, "message m-{i} delivered"),
        ),
        (
            Change("decoy-1", 3, "otp", "feat: timed out messages are shown as failed", ("otp/status.rb",), "@@ def label(message)\n-  message.state\n+  message.timed_out? ? 'failed' : message.state\n"),
            Change("decoy-2", 12, "app", "fix: code field accepts spaces", ("app/Code.kt",), "@@\n-    val code = input.text\n+    val code = input.text.filter { it.isDigit() }\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "kept-one-tenant", None, "api>reports reports>reportsdb", {"reports": 8, "api": 3}, ("reports", "reports: failures"),
        (
            Log("error", "reports", 20, "render failed: cell value out of range", {"tenant": ["acme-energy"]}),
            Log("info", "reports", 30, "report {i} rendered", {"tenant": ["globex", "initech", "umbrella", "hooli", "acme-energy"]}),
        ),
        (
            Change("decoy-1", 8, "reports", "feat: cell colours by value", ("reports/cells.py",), "@@ def colour(cell):\n+    return RED if cell.value < 0 else BLACK\n"),
            Change("decoy-2", 16, "api", "refactor: split handlers", ("api/handlers.go",), "@@\n-func handle(w http.ResponseWriter, r *http.Request) {\n+func handleReport(w http.ResponseWriter, r *http.Request) {\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "kept-zone-down", None, "web>cart web>quote", {"cart": 7, "quote": 7, "web": 4}, ("web", "web: a third of requests fail"),
        (
            Log("error", "cart", 15, "no route to host 10.20.3.{n}", {"cloud.availability_zone": ["eu-west-1c"]}),
            Log("error", "quote", 15, "node lost contact, pod marked for deletion", {"cloud.availability_zone": ["eu-west-1c"]}),
            Log("info", "cart", 24, "cart {i} saved", {"cloud.availability_zone": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}),
            Log("info", "quote", 24, "quote {i} sent", {"cloud.availability_zone": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}),
        ),
        (
            Change("decoy-1", 6, "cart", "feat: route carts by country", ("cart/route.py",), "@@ def shard(country):\n+    return COUNTRIES.index(country) % 4\n"),
            Change("decoy-2", 14, "quote", "chore: bump base image patch", ("quote/Dockerfile",), "@@\n-FROM node:22.11.0\n+FROM node:22.11.1\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "kept-campaign-surge", None, "shop>catalog catalog>search", {"shop": 8, "catalog": 6, "search": 7}, ("search", "search: queue time above 2 s"),
        (
            Log("warn", "search", 20, "rejected execution of query {i}: queue capacity 1000"),
            Log("error", "shop", 12, "catalog timed out"),
            Log("info", "shop", 20, "GET / 200"),
        ),
        (
            Change("decoy-1", 5, "search", "fix: trim the query before execution", ("search/Query.java",), "@@\n-        this.text = text;\n+        this.text = text.strip();\n"),
            Change("decoy-2", 11, "catalog", "feat: sort by price", ("catalog/sort.py",), "@@\n+SORTS['price'] = lambda product: product.price\n"),
            *COMMON[:7],
        ),
        (traffic("shop", 80, 520), traffic("catalog", 150, 800), traffic("search", 150, 780)),
    ),
    Outage(
        "kept-disk-failure", None, "web>files files>blob", {"blob": 9, "files": 5, "web": 3}, ("files", "files: reads failing"),
        (
            Log("error", "blob", 18, "blk_update_request: I/O error, dev sdb, sector {i}"),
            Log("error", "files", 10, "read of object {i} failed: input/output error"),
            Log("info", "files", 20, "object {i} read"),
        ),
        (
            Change("decoy-1", 7, "files", "feat: read objects in the background", ("files/read.go",), "@@\n-\treturn read(object)\n+\tgo warm(object)\n+\treturn read(object)\n"),
            Change("decoy-2", 4, "web", "chore: file icons", ("web/icons.ts",), "@@\n+export const pdf = icon('pdf');\n"),
            *COMMON[:7],
        ),
    ),
)  # fmt: skip
