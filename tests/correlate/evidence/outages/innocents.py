"""Ordinary changes of an ordinary week, in many languages: none of them breaks anything."""

from __future__ import annotations

from tests.correlate.evidence.outages.tell import Change

COMMON = (
    Change("n-docs", 40, "", "docs: describe the retry and timeout policy of every service", ("docs/policies/retries.md",)),
    Change("n-tests", 33, "", "test: cover connection pool exhaustion and slow queries", ("tests/integration/pool_test.py",),
           "@@ class TestPool\n+    def test_exhausted(self):\n+        with pytest.raises(PoolTimeout):\n+            self.pool.acquire(timeout=0.1)\n"),
    Change("n-ci", 52, "", "ci: cache modules between runs", (".github/workflows/build.yml",), "@@ jobs:\n+      - uses: actions/cache@v4\n+        with:\n+          path: ~/.cache\n"),
    Change("n-bump", 75, "billing", "chore(deps): bump undici from 6.19.2 to 6.19.8", ("package.json", "package-lock.json"),
           '@@ "dependencies": {\n-    "undici": "6.19.2",\n+    "undici": "6.19.8",\n     "zod": "3.23.8"\n'),
    Change("n-log", 24, "profile", "feat: log slow requests with their duration and errors", ("profile/middleware.ts",),
           "@@ export function timing(req, res, next)\n   const started = performance.now();\n+  res.on('finish', () => {\n+    logger.warn('slow request', { path: req.path, error: res.statusCode >= 500, ms: performance.now() - started });\n+  });\n   next();\n"),
    Change("n-copy", 18, "web", "feat(ui): new wording on the error page", ("web/locales/en.json",),
           '@@ "errors": {\n-    "generic": "Something went wrong",\n+    "generic": "Sorry, that did not work. Please try again.",\n'),
    Change("n-index", 90, "billing", "perf: add an index for the invoice search", ("billing/migrations/0042_invoice_idx.sql",),
           "@@\n+CREATE INDEX CONCURRENTLY idx_invoices_customer ON invoices (customer_id, issued_at);\n"),
    Change("n-metric", 14, "profile", "feat: gauge for open connections and queue length", ("profile/metrics.py",),
           "@@ registry = CollectorRegistry()\n+OPEN_CONNECTIONS = Gauge('open_connections', 'Connections in use', registry=registry)\n+QUEUE_LENGTH = Gauge('queue_length', 'Jobs waiting', registry=registry)\n"),
)  # fmt: skip
