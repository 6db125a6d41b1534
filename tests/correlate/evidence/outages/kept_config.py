"""Outages begun by configuration, kept back while the judges were built: their answers measure, they never tune."""

from __future__ import annotations

from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import Change, Log, Outage

OUTAGES = (
    Outage(
        "kept-body-limit-nginx", "guilty", "mobile>ingress ingress>uploads", {"ingress": 8, "uploads": 2, "mobile": 5}, ("mobile", "mobile: upload failures"),
        (
            Log("error", "ingress", 18, "client intended to send too large body: {i}731 bytes, request: POST /upload"),
            Log("warn", "mobile", 9, "upload failed with 413 Request Entity Too Large"),
            Log("info", "uploads", 20, "file {i} stored"),
        ),
        (
            Change("guilty", 16, "ingress", "harden defaults", ("ingress/nginx.conf",), "@@ http {\n-    client_max_body_size 50m;\n+    client_max_body_size 1m;\n     server_tokens off;\n"),
            Change("decoy-1", 5, "uploads", "validate the size of a file before it is stored", ("uploads/store.go",), "@@ func Store(f File) error {\n+\tif f.Size == 0 {\n+\t\treturn ErrEmpty\n+\t}\n"),
            Change("decoy-2", 8, "mobile", "show progress while uploading large files", ("mobile/Upload.swift",), "@@\n+        progress.observedProgress = task.progress\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-endpoint-switched", "guilty", "web>orders orders>events", {"orders": 8, "web": 4, "events": 1}, ("orders", "orders: events not delivered"),
        (
            Log("error", "orders", 20, "Failed to resolve 'broker-new.internal:9092': Name or service not known"),
            Log("warn", "web", 8, "order status is stale"),
            Log("info", "orders", 20, "event {i} sent"),
        ),
        (
            Change("guilty", 5, "orders", "move to the new cluster", ("deploy/orders/config.yaml",), "@@ data:\n-  BOOTSTRAP_SERVERS: broker.internal:9092\n+  BOOTSTRAP_SERVERS: broker-new.internal:9092\n"),
            Change("decoy-1", 3, "orders", "better message when a name cannot be resolved", ("orders/net.py",), "@@\n+    except socket.gaierror as error:\n+        raise Unreachable(host) from error\n"),
            Change("decoy-2", 10, "web", "status page polls every 30 s", ("web/status.js",), "@@\n-const EVERY = 15000;\n+const EVERY = 30000;\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-iam-terraform", "guilty", "web>media media>bucket", {"media": 9, "web": 5}, ("media", "media: 403 ratio 70 %"),
        (
            Log("error", "media", 20, "AccessDenied: User is not authorized to perform: s3:GetObject on resource media-prod/{i}.jpg"),
            Log("error", "web", 9, "image failed: media 403"),
            Log("info", "media", 20, "image {i} served"),
        ),
        (
            Change("guilty", 12, "media", "infra: scope down roles", ("infra/media.tf",), '@@ data "aws_iam_policy_document" "media" {\n   statement {\n-    actions   = ["s3:GetObject", "s3:PutObject"]\n+    actions   = ["s3:PutObject"]\n     resources = ["${aws_s3_bucket.media.arn}/*"]\n'),
            Change("decoy-1", 4, "media", "do not retry when AccessDenied", ("media/s3.py",), "@@\n+    if error.code == 'AccessDenied':\n+        return None\n     retry(error)\n"),
            Change("decoy-2", 9, "web", "image alt texts", ("web/img.tsx",), "@@\n+  alt={image.title}\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-batch-raised", "guilty", "sync>erp", {"sync": 8, "erp": 6}, ("sync", "sync: failures writing to erp"),
        (
            Log("error", "sync", 18, "erp rejected batch {i}: payload of 2,000 items exceeds the maximum of 500"),
            Log("warn", "erp", 8, "413 for /items/bulk"),
            Log("info", "sync", 20, "batch {i} written, 500 items"),
        ),
        (
            Change("guilty", 13, "sync", "speed", ("sync/config/production.json",), '@@\n-  "batchSize": 500,\n+  "batchSize": 2000,\n   "workers": 4\n'),
            Change("decoy-1", 5, "sync", "report batches that erp rejected", ("sync/report.py",), "@@\n+def rejected(batch):\n+    mailer.send('batch rejected', batch.items)\n"),
            Change("decoy-2", 25, "erp", "chore: patch level", ("erp/pom.xml",), "@@\n-    <version>3.2.4</version>\n+    <version>3.2.5</version>\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-probe-tightened", "guilty", "web>quotes", {"quotes": 9, "web": 6}, ("web", "web: quotes unavailable"),
        (
            Log("warn", "quotes", 15, "Liveness probe failed: Get http://10.2.3.{n}:8080/healthz: context deadline exceeded"),
            Log("error", "quotes", 8, "Container quotes failed liveness probe, will be restarted"),
            Log("error", "web", 10, "no healthy upstream"),
            Log("info", "quotes", 20, "quote {i} served"),
        ),
        (
            Change("guilty", 8, "quotes", "faster failover", ("charts/quotes/templates/deployment.yaml",), "@@ livenessProbe:\n-            timeoutSeconds: 5\n-            failureThreshold: 5\n+            timeoutSeconds: 1\n+            failureThreshold: 1\n"),
            Change("decoy-1", 3, "quotes", "healthz: say which dependency is not ready", ("quotes/health.go",), "@@ func healthz(w http.ResponseWriter, r *http.Request) {\n+\tw.Header().Set(\"X-Ready\", state())\n"),
            Change("decoy-2", 6, "web", "quotes widget", ("web/Quotes.svelte",), "@@\n+<Widget {quotes} />\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-env-renamed", "guilty", "web>notify notify>smtp", {"notify": 9, "web": 2}, ("notify", "notify: crash loop"),
        (
            Log("error", "notify", 16, "KeyError: 'SMTP_PASSWORD' while starting worker {n}"),
            Log("warn", "web", 6, "notification queued, notify unavailable"),
            Log("info", "notify", 20, "mail {i} sent"),
        ),
        (
            Change("guilty", 4, "notify", "one naming scheme for secrets", ("deploy/notify/externalsecret.yaml",), "@@ target:\n   data:\n-  - secretKey: SMTP_PASSWORD\n+  - secretKey: MAIL_PASSWORD\n     remoteRef: {key: notify/smtp}\n"),
            Change("decoy-1", 2, "notify", "fail early when a password is missing", ("notify/main.py",), "@@\n+def check(settings):\n+    if not settings.sender:\n+        raise SystemExit('sender is missing')\n"),
            Change("decoy-2", 15, "web", "bell icon", ("web/Bell.tsx",), "@@\n+<Bell count={unread} />\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-flag-off", "read-replica", "web>ledger ledger>ledgerdb", {"ledgerdb": 9, "ledger": 6, "web": 3}, ("ledgerdb", "ledgerdb: connections at maximum"),
        (
            Log("error", "ledger", 18, "FATAL: sorry, too many clients already (primary, read for account {i})"),
            Log("warn", "ledgerdb", 10, "replica idle, primary at 100 % connections"),
            Log("info", "ledger", 20, "read account {i} from replica"),
        ),
        (
            Change("read-replica", 6, "ledger", "read-replica turned off in production: read accounts from the primary", kind="flag"),
            Change("confetti", 4, "web", "confetti turned on in production", kind="flag"),
            Change("decoy-1", 10, "ledger", "feat: too many clients page for operators", ("ledger/ops.py",), "@@\n+@ops.get('/clients')\n+def clients():\n+    return list(sessions())\n"),
            *COMMON[:6],
        ),
    ),
)  # fmt: skip
