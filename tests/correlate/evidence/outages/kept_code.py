"""Outages begun by code, kept back while the judges were built: their answers measure, they never tune."""

from __future__ import annotations

from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import Change, Log, Outage

OUTAGES = (
    Outage(
        "kept-unwrap-rust", "guilty", "edge>router router>registry", {"router": 9, "edge": 6}, ("edge", "edge: 502 ratio 40 %"),
        (
            Log("error", "router", 18, "thread 'worker-{n}' panicked at src/route.rs:88: called `Option::unwrap()` on a `None` value"),
            Log("error", "edge", 12, "bad gateway: router closed the connection"),
            Log("info", "router", 20, "routed {i}"),
        ),
        (
            Change("guilty", 18, "router", "Simplify region selection", ("router/src/route.rs",),
                   "@@ fn pick(&self, req: &Request) -> &Backend {\n-        match self.regions.get(req.region()) {\n-            Some(region) => region.best(),\n-            None => self.fallback(),\n-        }\n+        self.regions.get(req.region()).unwrap().best()\n"),
            Change("decoy-1", 4, "router", "Catch panics of worker threads and restart them", ("router/src/worker.rs",),
                   "@@ loop {\n-            serve(&conn);\n+            if std::panic::catch_unwind(|| serve(&conn)).is_err() {\n+                error!(\"worker panicked\");\n+            }\n"),
            Change("decoy-2", 9, "edge", "Friendlier bad gateway page", ("edge/html/502.html",), "@@\n-<h1>Bad gateway</h1>\n+<h1>One moment please</h1>\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-index-dropped", "guilty", "web>support support>supportdb", {"supportdb": 9, "support": 7, "web": 3}, ("supportdb", "supportdb: CPU 97 %"),
        (
            Log("warn", "supportdb", 18, "duration: {i} ms  statement: SELECT * FROM tickets WHERE assignee_id = $1 ORDER BY opened_at"),
            Log("error", "support", 12, "canceling statement due to statement timeout"),
            Log("info", "support", 20, "ticket list for agent {i}"),
        ),
        (
            Change("guilty", 28, "support", "housekeeping: unused database objects", ("support/db/2024_11_housekeeping.sql",), "@@\n+DROP INDEX IF EXISTS tickets_assignee_opened;\n"),
            Change("decoy-1", 6, "support", "statement timeout shown to the agent", ("support/web/errors.py",), "@@\n+    if isinstance(error, StatementTimeout):\n+        return banner('This list takes long, please narrow it down')\n"),
            Change("decoy-2", 13, "support", "tickets: new column order in the list", ("support/web/list.html",), "@@\n-<th>Opened</th><th>Assignee</th>\n+<th>Assignee</th><th>Opened</th>\n"),
            *COMMON[1:7],
        ),
    ),
    Outage(
        "kept-listener-leak-js", "guilty", "web>presence", {"presence": 9, "web": 3}, ("presence", "presence: heap used above 1.8 GB"),
        (
            Log("warn", "presence", 14, "MaxListenersExceededWarning: possible EventEmitter memory leak detected, {i} message listeners added to Channel"),
            Log("error", "presence", 6, "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
            Log("info", "presence", 20, "client {i} joined"),
        ),
        (
            Change("guilty", 190, "presence", "Typing indicator", ("presence/src/socket.ts",),
                   "@@ onConnect(socket: Socket) {\n     const channel = this.channels.get(socket.room);\n+    channel.on('message', (m) => socket.emit('typing', m.author));\n     socket.emit('welcome');\n   }\n@@ onDisconnect(socket: Socket) {\n-    channel.removeAllListeners(socket.id);\n     this.sockets.delete(socket.id);\n"),
            Change("decoy-1", 7, "presence", "Report heap used and memory leak warnings to the dashboard", ("presence/src/metrics.ts",),
                   "@@\n+new Gauge({ name: 'heap_used', collect() { this.set(process.memoryUsage().heapUsed); } });\n"),
            Change("decoy-2", 16, "web", "Message bubbles in brand colours", ("web/src/bubble.css",), "@@\n-.bubble { background: #eee }\n+.bubble { background: #dfe8ff }\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-route-renamed-php", "guilty", "app>accounts accounts>mailer", {"accounts": 5, "mailer": 4, "app": 7}, ("app", "app: sign-up success below 50 %"),
        (
            Log("error", "app", 15, "POST /v1/confirmations returned 404 Not Found for user {i}"),
            Log("warn", "accounts", 10, 'No route found for "POST /v1/confirmations"'),
            Log("info", "app", 20, "user {i} confirmed"),
        ),
        (
            Change("guilty", 11, "accounts", "REST naming guidelines", ("accounts/config/routes.php",), "@@\n-$routes->post('/v1/confirmations', [ConfirmController::class, 'create']);\n+$routes->post('/v1/confirmation', [ConfirmController::class, 'create']);\n"),
            Change("decoy-1", 4, "app", "Sign-up: tell the user when not found is returned", ("app/lib/signup.dart",), "@@\n+      if (response.statusCode == 404) {\n+        return showDialog('Account not found');\n+      }\n"),
            Change("decoy-2", 8, "mailer", "Confirmation mail: new footer", ("mailer/templates/confirm.html",), "@@\n-<p>Bye</p>\n+<p>Kind regards</p>\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-unbounded-export-csharp", "guilty", "portal>exports exports>exportsdb", {"exports": 9, "exportsdb": 5, "portal": 4}, ("exports", "exports: working set above limit"),
        (
            Log("error", "exports", 12, "System.OutOfMemoryException: Array dimensions exceeded supported range while writing export {i}"),
            Log("warn", "exportsdb", 10, "cursor returned 4,8{n}0,112 rows for export"),
            Log("info", "exports", 20, "export {i} written"),
        ),
        (
            Change("guilty", 55, "exports", "Faster exports", ("Exports/ExportJob.cs",),
                   "@@ public async Task Write(Stream target)\n-        await foreach (var page in repository.Pages(pageSize: 500))\n-        {\n-            await writer.WriteAsync(page, target);\n-        }\n+        var rows = await repository.All().ToListAsync();\n+        await writer.WriteAsync(rows, target);\n"),
            Change("decoy-1", 5, "exports", "Catch OutOfMemoryException and mark the export failed", ("Exports/Worker.cs",),
                   "@@\n+        catch (OutOfMemoryException)\n+        {\n+            await Fail(job);\n+        }\n"),
            Change("decoy-2", 21, "portal", "Export button on the right", ("Portal/Export.razor",), "@@\n-<Button Class=\"left\">\n+<Button Class=\"right\">\n"),
            *COMMON[2:8],
        ),
    ),
    Outage(
        "kept-lock-order-java", "guilty", "web>booking booking>bookingdb", {"bookingdb": 7, "booking": 8, "web": 4}, ("booking", "booking: deadlocks"),
        (
            Log("error", "booking", 16, "Deadlock found when trying to get lock; try restarting transaction (seat {i})"),
            Log("error", "web", 7, "booking answered 500"),
            Log("info", "booking", 20, "seat {i} booked"),
        ),
        (
            Change("guilty", 31, "booking", "Let callers pass seats as they like", ("booking/src/main/java/Booking.java",),
                   "@@ void book(List<Seat> seats)\n-        seats.stream().sorted(Comparator.comparing(Seat::id)).forEach(seat -> repository.lock(seat));\n+        seats.forEach(seat -> repository.lock(seat));\n"),
            Change("decoy-1", 3, "booking", "Retry the transaction on deadlock", ("booking/src/main/java/Retry.java",),
                   "@@\n+    @Retryable(include = DeadlockLoserDataAccessException.class, maxAttempts = 3)\n     public void book(List<Seat> seats) {\n"),
            Change("decoy-2", 10, "web", "Seat map: keyboard navigation", ("web/src/SeatMap.tsx",), "@@\n+  onKeyDown={move}\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "kept-cleanup-removed-python", "guilty", "api>render render>storage", {"render": 9, "api": 4}, ("render", "render: disk 98 % full"),
        (
            Log("error", "render", 18, "OSError: [Errno 28] No space left on device: '/tmp/render/job-{i}.png'"),
            Log("error", "api", 8, "render answered 500"),
            Log("info", "render", 20, "job {i} rendered"),
        ),
        (
            Change("guilty", 240, "render", "keep the code simple", ("render/job.py",),
                   "@@ def run(job: Job) -> str:\n     path = workdir / f'{job.id}.png'\n-    try:\n-        draw(job, path)\n-        return upload(path)\n-    finally:\n-        path.unlink(missing_ok=True)\n+    draw(job, path)\n+    return upload(path)\n"),
            Change("decoy-1", 6, "render", "alert when no space left on device", ("render/health.py",), "@@ def healthy() -> bool:\n+    if shutil.disk_usage('/tmp').free < 1_000_000:\n+        return False\n     return True\n"),
            Change("decoy-2", 19, "storage", "bump base image", ("storage/Dockerfile",), "@@\n-FROM alpine:3.20.1\n+FROM alpine:3.20.3\n"),
            *COMMON[:6],
        ),
    ),
)  # fmt: skip
