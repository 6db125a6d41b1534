"""Outages written after the judges, against their habits: guilty lines that no table of mechanisms foresaw, and the world again."""

from __future__ import annotations

from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import Change, Log, Outage

OUTAGES = (
    Outage(
        "hard-inverted-condition", "guilty", "app>access access>roles", {"access": 8, "app": 7}, ("app", "app: 403 ratio 60 %"),
        (
            Log("error", "app", 14, "GET /projects/{i} answered 403 for a member of the project"),
            Log("warn", "access", 12, "membership of project {i} refused"),
            Log("info", "access", 20, "membership of project {i} granted"),
        ),
        (
            Change("guilty", 12, "access", "Tidy membership rules", ("access/src/rules.ts",), "@@ export function mayEnter(user, project) {\n-  if (!project.archived && project.members.has(user.id)) {\n+  if (project.archived && project.members.has(user.id)) {\n     return GRANTED;\n   }\n"),
            Change("decoy-1", 4, "access", "Count refused memberships", ("access/src/metrics.ts",), "@@\n+refused.inc({ project: project.id });\n"),
            Change("decoy-2", 7, "app", "Explain 403 to a member", ("app/src/Forbidden.tsx",), "@@\n+<p>Ask an owner of the project</p>\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-off-by-one", "guilty", "web>scores", {"scores": 9, "web": 5}, ("scores", "scores: 500 ratio 9 %"),
        (
            Log("error", "scores", 16, "java.lang.ArrayIndexOutOfBoundsException: Index 12 out of bounds for length 12 at scores.Season.month(Season.java:41)"),
            Log("error", "web", 8, "scores answered 500"),
            Log("info", "scores", 20, "season {i} computed"),
        ),
        (
            Change("guilty", 25, "scores", "Read months in one loop", ("scores/src/main/java/scores/Season.java",), "@@ int[] months()\n-        for (int m = 0; m < length; m++) {\n+        for (int m = 0; m <= length; m++) {\n             total[m] = month(m);\n"),
            Change("decoy-1", 3, "scores", "Cup seasons", ("scores/src/main/java/scores/Cup.java",), "@@\n+    int rounds() {\n+        return 4;\n+    }\n"),
            Change("decoy-2", 9, "web", "Bounds for the chart's axis", ("web/src/Chart.tsx",), "@@\n-  domain={[0, 100]}\n+  domain={[0, 120]}\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-wrong-unit", "guilty", "web>mailer mailer>render", {"mailer": 8, "web": 3}, ("mailer", "mailer: queue of unsent mail grows"),
        (
            Log("error", "mailer", 18, "render of template {i} cancelled: deadline exceeded after 30ms"),
            Log("info", "mailer", 20, "template {i} rendered"),
        ),
        (
            Change("guilty", 16, "mailer", "Use java.time everywhere", ("mailer/src/Render.kt",), "@@ class Render\n-    private val patience = TimeUnit.SECONDS.toMillis(30)\n+    private val patience = Duration.ofMillis(30)\n"),
            Change("decoy-1", 5, "mailer", "Show unsent mail to operators", ("mailer/src/Ops.kt",), "@@\n+    get(\"/unsent\") { call.respond(queue.size) }\n"),
            Change("decoy-2", 6, "render", "Templates for winter", ("render/templates/winter.html",), "@@\n+<h1>Winter</h1>\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-read-only-database", "guilty", "web>orders orders>ordersdb", {"orders": 9, "web": 6}, ("orders", "orders: no order placed for 3 min"),
        (
            Log("error", "orders", 20, "ERROR: cannot execute INSERT in a read-only transaction, order {i}"),
            Log("error", "web", 9, "orders answered 500"),
            Log("info", "orders", 20, "order {i} placed"),
        ),
        (
            Change("guilty", 5, "orders", "Rename database hosts", ("deploy/orders/env.yaml",), "@@ env:\n-  - {name: DATABASE_URL, value: postgres://orders-primary/orders}\n+  - {name: DATABASE_URL, value: postgres://orders-ro/orders}\n"),
            Change("decoy-1", 2, "orders", "Wrap order history in a read-only transaction", ("orders/history.py",), "@@ def history(customer):\n+    with db.transaction(readonly=True):\n+        return db.orders(customer)\n"),
            Change("decoy-2", 8, "web", "Order button says Place order", ("web/src/Order.tsx",), "@@\n-  label=\"Buy\"\n+  label=\"Place order\"\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-parallel-calls", "guilty", "web>feed feed>profiles", {"profiles": 8, "feed": 7, "web": 4}, ("feed", "feed: error ratio 15 %"),
        (
            Log("warn", "profiles", 14, "429 too many requests from feed"),
            Log("error", "feed", 14, "profile {i} not loaded: 429"),
            Log("info", "feed", 20, "feed of {i} built"),
        ),
        (
            Change("guilty", 19, "feed", "Build the feed sooner", ("feed/src/build.ts",), "@@ export async function build(ids) {\n-  const profiles = [];\n-  for (const id of ids) {\n-    profiles.push(await loadProfile(id));\n-  }\n-  return profiles;\n+  return Promise.all(ids.map((id) => loadProfile(id)));\n"),
            Change("decoy-1", 3, "profiles", "Answer 429 with a body", ("profiles/http.go",), "@@\n-\tw.WriteHeader(429)\n+\thttp.Error(w, \"too many requests\", 429)\n"),
            Change("decoy-2", 7, "feed", "Feed: rounded avatars", ("feed/src/avatar.ts",), "@@\n-  radius: 4,\n+  radius: 8,\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-not-null-column", "guilty", "web>crm crm>crmdb", {"crm": 9, "web": 4}, ("crm", "crm: contacts cannot be created"),
        (
            Log("error", "crm", 17, 'null value in column "region" of relation "contacts" violates not-null constraint, contact {i}'),
            Log("info", "crm", 20, "contact {i} created"),
        ),
        (
            Change("guilty", 7, "crm", "Contacts have a region", ("crm/migrations/0107_region.sql",), "@@\n+ALTER TABLE contacts ADD COLUMN region text NOT NULL DEFAULT 'none';\n+ALTER TABLE contacts ALTER COLUMN region DROP DEFAULT;\n"),
            Change("decoy-1", 3, "crm", "Say which constraint a contact violates", ("crm/errors.py",), "@@\n+    if error.constraint:\n+        return f'violates {error.constraint}'\n"),
            Change("decoy-2", 11, "web", "Contact form: larger fields", ("web/src/contact.css",), "@@\n-input { height: 2em }\n+input { height: 3em }\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-debug-logging", "guilty", "web>gateway", {"gateway": 8, "web": 4}, ("gateway", "gateway: disk 97 % full"),
        (
            Log("error", "gateway", 14, "write /var/log/gateway.log: no space left on device"),
            Log("info", "gateway", 20, "GET /{i} 200"),
        ),
        (
            Change("guilty", 95, "gateway", "Settings for the new cluster", ("gateway/config/production.yaml",), "@@ logging:\n-  level: info\n+  level: trace\n   file: /var/log/gateway.log\n"),
            Change("decoy-1", 6, "gateway", "Warn when the disk is nearly full", ("gateway/health.go",), "@@\n+\tif free < low {\n+\t\treturn Warn(\"disk nearly full\")\n+\t}\n"),
            Change("decoy-2", 12, "web", "Smaller bundle", ("web/vite.config.ts",), "@@\n+    minify: 'terser',\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-wrong-architecture", "guilty", "web>thumbs", {"thumbs": 9, "web": 5}, ("thumbs", "thumbs: no pod ready"),
        (
            Log("error", "thumbs", 15, "exec /usr/local/bin/thumbs: exec format error"),
            Log("warn", "thumbs", 9, "Back-off restarting failed container thumbs in pod thumbs-{i}"),
            Log("info", "thumbs", 20, "thumbnail {i} made"),
        ),
        (
            Change("guilty", 4, "thumbs", "Cheaper build machines", ("thumbs/Dockerfile",), "@@\n-FROM --platform=linux/amd64 rust:1.82 AS build\n+FROM --platform=linux/arm64 rust:1.82 AS build\n"),
            Change("decoy-1", 3, "thumbs", "Tell the format of a picture that cannot be read", ("thumbs/src/read.rs",), "@@\n+        Err(error) => return Err(format!(\"format not supported: {error}\")),\n"),
            Change("decoy-2", 9, "web", "Lazy thumbnails", ("web/src/Thumb.tsx",), "@@\n+  loading=\"lazy\"\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "hard-clock-of-a-host", None, "web>auth", {"auth": 8, "web": 5}, ("auth", "auth: token refused"),
        (
            Log("error", "auth", 16, "token used before issued: clock of issuer ahead by 94 s", {"host.name": ["node-5"]}),
            Log("error", "web", 10, "sign-in failed", {"host.name": ["node-5"]}),
            Log("info", "auth", 24, "token {i} accepted", {"host.name": ["node-1", "node-2", "node-3", "node-5"]}),
            Log("info", "web", 24, "signed in", {"host.name": ["node-1", "node-2", "node-3", "node-5"]}),
        ),
        (
            Change("decoy-1", 5, "auth", "Shorter names for token claims", ("auth/claims.go",), "@@\n-\tIssuedAt int64\n+\tIat int64\n"),
            Change("decoy-2", 10, "web", "Sign-in page in dark", ("web/src/SignIn.tsx",), "@@\n+  theme=\"dark\"\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "hard-provider-limits", None, "web>maps", {"maps": 9, "web": 4}, ("maps", "maps: tiles missing"),
        (
            Log("warn", "maps", 20, "tiles.cartoworld.com answered 429 Too Many Requests for tile {i}"),
            Log("info", "maps", 20, "tile {i} from tiles.cartoworld.com in 40 ms"),
        ),
        (
            Change("decoy-1", 6, "maps", "Tiles are kept in memory", ("maps/tiles.py",), "@@\n-    return fetch(tile)\n+    return remember(tile, fetch)\n"),
            Change("decoy-2", 9, "web", "Map legend", ("web/src/Legend.tsx",), "@@\n+<Legend />\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "hard-silent-world", None, "web>orders orders>ordersdb", {"ordersdb": 6, "orders": 6, "web": 4}, ("orders", "orders: latency p95 4 s"),
        (
            Log("warn", "orders", 14, "slow answer from ordersdb: {i} ms"),
            Log("info", "orders", 20, "order {i} placed"),
        ),
        (
            Change("decoy-1", 7, "orders", "Order numbers with a check digit", ("orders/number.py",), "@@ def number(order):\n-    return order.id\n+    return f'{order.id}-{check(order.id)}'\n"),
            Change("decoy-2", 12, "web", "Larger order button", ("web/src/order.css",), "@@\n-button { width: 8em }\n+button { width: 10em }\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "hard-corrupt-feed", None, "import>store", {"import": 8}, ("import", "import: supplier feed failing"),
        (
            Log("error", "import", 16, "row 20417: price is not a number", {"feed": ["supplier-88"]}),
            Log("info", "import", 24, "feed read, {i} rows", {"feed": ["supplier-11", "supplier-42", "supplier-57", "supplier-88"]}),
        ),
        (
            Change("decoy-1", 6, "import", "Prices may have a currency", ("import/price.py",), "@@ def price(cell):\n+    if cell.endswith('EUR'):\n+        cell = cell[:-3]\n     return Decimal(cell)\n"),
            Change("decoy-2", 15, "store", "Faster writes", ("store/write.go",), "@@\n-\tw := bufio.NewWriter(f)\n+\tw := bufio.NewWriterSize(f, 1<<16)\n"),
            *COMMON[:7],
        ),
    ),
)  # fmt: skip
