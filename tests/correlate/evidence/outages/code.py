"""Outages that a change of code began."""

from __future__ import annotations

from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import Change, Log, Outage

OUTAGES = (
    Outage(
        "missing-null-check-java", "guilty", "web>orders orders>pricing", {"orders": 9, "web": 6},
        ("orders", "orders: error ratio 12 % over 3 m"),
        (
            Log("error", "orders", 20, 'java.lang.NullPointerException: Cannot invoke "Discount.percent()" because "discount" is null at shop.orders.TotalCalculator.apply(TotalCalculator.java:{i})'),
            Log("error", "web", 12, "POST /checkout failed: upstream orders answered 500"),
            Log("info", "orders", 20, "order {i} placed"),
        ),
        (
            Change("guilty", 12, "orders", "refactor: streamline total calculation", ("orders/src/main/java/shop/orders/TotalCalculator.java",),
                   "@@ Money apply(Order order)\n     Discount discount = discounts.find(order.coupon());\n-    if (discount == null) {\n-        return order.subtotal();\n-    }\n     return order.subtotal().minus(discount.percent());\n"),
            Change("decoy-1", 6, "orders", "fix: never return null from the order history endpoint, NullPointerException seen in staging", ("orders/src/main/java/shop/orders/History.java",),
                   "@@ List<Order> history(Customer c)\n-    return repository.byCustomer(c.id());\n+    List<Order> found = repository.byCustomer(c.id());\n+    return found == null ? List.of() : found;\n"),
            Change("decoy-2", 4, "web", "feat: show discount percent in the cart", ("web/src/cart/Badge.tsx",),
                   "@@ export function Badge({ cart })\n+  <span className=\"badge\">{cart.discountLabel}</span>\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "n-plus-one-rails", "guilty", "web>catalog catalog>catalogdb", {"catalog": 8, "catalogdb": 7, "web": 5},
        ("catalog", "catalog: p95 latency 4.1 s above 1 s"),
        (
            Log("warn", "catalog", 20, "slow request GET /products took {i} ms, 412 queries"),
            Log("warn", "catalogdb", 15, "active sessions above 180: SELECT reviews.* FROM reviews WHERE product_id = {i}"),
            Log("info", "catalog", 25, "GET /products 200 in 41 ms, 3 queries"),
        ),
        (
            Change("guilty", 22, "catalog", "Show average rating on listing", ("catalog/app/controllers/products_controller.rb", "catalog/app/views/products/_card.erb"),
                   "@@ def index\n-    @products = Product.includes(:reviews).page(params[:page])\n+    @products = Product.page(params[:page])\n@@ def rating(product)\n+    product.reviews.sum(&:stars).fdiv(product.reviews.count)\n"),
            Change("decoy-1", 9, "catalog", "Log slow queries with their duration", ("catalog/config/initializers/slow_query.rb",),
                   "@@\n+ActiveSupport::Notifications.subscribe('sql.active_record') do |*, payload|\n+  Rails.logger.warn(\"slow query #{payload[:sql]}\") if payload[:duration].to_i > 500\n+end\n"),
            Change("decoy-2", 7, "web", "Speed up product page: lazy-load images", ("web/src/Product.vue",),
                   "@@ <template>\n-  <img :src=\"product.image\">\n+  <img loading=\"lazy\" :src=\"product.image\">\n"),
            *COMMON[1:8],
        ),
    ),
    Outage(
        "removed-lock-python", "guilty", "web>wallet wallet>walletdb", {"wallet": 7, "web": 3},
        ("wallet", "wallet: duplicate transfers detected"),
        (
            Log("error", "wallet", 14, 'duplicate key value violates unique constraint "transfers_request_id_key" Key (request_id)=(r-{i}) already exists'),
            Log("error", "wallet", 9, "balance of account a-{i} inconsistent after concurrent transfer"),
            Log("info", "wallet", 20, "transfer r-{i} booked"),
        ),
        (
            Change("guilty", 35, "wallet", "perf: shorten the transfer path", ("wallet/transfers.py",),
                   "@@ def book(request: TransferRequest) -> Transfer:\n-    with account_lock(request.account_id):\n-        existing = find(request.request_id)\n-        if existing:\n-            return existing\n-        return insert(request)\n+    return insert(request)\n"),
            Change("decoy-1", 5, "wallet", "fix: say which key is duplicate when a constraint is violated", ("wallet/errors.py",),
                   "@@ def explain(error: IntegrityError) -> str:\n-    return 'duplicate'\n+    return f'duplicate key: {error.diag.constraint_name}'\n"),
            Change("decoy-2", 15, "web", "chore: rename transfer button", ("web/src/Transfer.tsx",), "@@ <Button\n-  label=\"Send\"\n+  label=\"Transfer\"\n"),
            *COMMON[:5],
        ),
    ),
    Outage(
        "renamed-json-field-go", "guilty", "web>shipping shipping>geo", {"shipping": 6, "geo": 3, "web": 4},
        ("shipping", "shipping: rate quotes failing"),
        (
            Log("error", "shipping", 18, "decode geo response: required property 'postal_code' absent in address of order {i}"),
            Log("error", "web", 9, "GET /quote: shipping returned 502"),
            Log("info", "shipping", 18, "quote for order {i} computed"),
            Log("info", "geo", 18, "lookup {i} served"),
        ),
        (
            Change("guilty", 8, "geo", "style: consistent naming in the public model", ("geo/api/address.go",),
                   "@@ type Address struct {\n \tStreet string `json:\"street\"`\n-\tPostalCode string `json:\"postal_code\"`\n+\tPostalCode string `json:\"postcode\"`\n"),
            Change("decoy-1", 3, "shipping", "feat: required property checks for customs forms", ("shipping/customs/form.go",),
                   "@@ func (f Form) Validate() error {\n+\tif f.Declaration == \"\" {\n+\t\treturn errors.New(\"required property absent: declaration\")\n+\t}\n \treturn nil\n"),
            Change("decoy-2", 6, "shipping", "perf: decode geo response without copying", ("shipping/geo/client.go",),
                   "@@ func decode(body io.Reader) (Address, error) {\n-\traw, err := io.ReadAll(body)\n-\tif err != nil {\n-\t\treturn Address{}, err\n-\t}\n \tvar a Address\n-\terr = json.Unmarshal(raw, &a)\n+\terr := json.NewDecoder(body).Decode(&a)\n \treturn a, err\n"),
            *COMMON[2:8],
        ),
    ),
    Outage(
        "leaked-response-body-go", "guilty", "web>search search>indexer", {"search": 8, "web": 4},
        ("search", "search: open file descriptors above 90 % of limit"),
        (
            Log("error", "search", 16, "accept tcp [::]:8080: accept4: too many open files"),
            Log("error", "search", 10, "dial tcp 10.0.4.7:9200: socket: too many open files"),
            Log("info", "search", 16, "query {i} answered"),
        ),
        (
            Change("guilty", 160, "search", "refactor: small helper for indexer calls", ("search/indexer/client.go",),
                   "@@ func (c *Client) fetch(ctx context.Context, q string) (*Page, error) {\n \tresp, err := c.http.Do(req)\n \tif err != nil {\n \t\treturn nil, err\n \t}\n-\tdefer resp.Body.Close()\n-\treturn decode(resp.Body)\n+\treturn decodePage(resp)\n"),
            Change("decoy-1", 11, "search", "feat: file descriptor gauge, alert on too many open files", ("search/metrics/fds.go",),
                   "@@ func init() {\n+\tprometheus.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: \"open_files\"}, countOpenFiles))\n"),
            Change("decoy-2", 26, "search", "feat: highlight matches", ("search/highlight.go",),
                   "@@ func Highlight(doc Doc, q string) string {\n+\treturn strings.ReplaceAll(doc.Body, q, \"<em>\"+q+\"</em>\")\n"),
            *COMMON[:6],
        ),
    ),
    Outage(
        "blocking-call-node", "guilty", "mobile>gateway gateway>profile", {"gateway": 8, "mobile": 5},
        ("gateway", "gateway: event loop delay 900 ms, latency p99 high"),
        (
            Log("warn", "gateway", 15, "event loop blocked for {i} ms"),
            Log("error", "mobile", 10, "request to gateway timed out after 3000 ms"),
            Log("info", "gateway", 20, "GET /me 200"),
        ),
        (
            Change("guilty", 17, "gateway", "feat: signed session cookies", ("gateway/src/session.ts",),
                   "@@ export function sign(session: Session): string {\n-  return session.id;\n+  const key = crypto.pbkdf2Sync(secret, session.salt, 600000, 64, 'sha512');\n+  return createHmac('sha256', key).update(session.id).digest('hex');\n"),
            Change("decoy-1", 8, "gateway", "chore: warn when the event loop is blocked", ("gateway/src/watch.ts",),
                   "@@\n+setInterval(() => {\n+  if (loopDelay.max > 5e8) logger.warn(`event loop blocked for ${loopDelay.max / 1e6} ms`);\n+}, 10_000);\n"),
            Change("decoy-2", 5, "profile", "fix: guard missing avatar", ("profile/avatar.ts",), "@@ export function avatar(user) {\n+  if (!user.picture) return placeholder;\n   return user.picture.url;\n"),
            *COMMON[1:7],
        ),
    ),
    Outage(
        "dropped-column-migration", "guilty", "web>billing billing>billingdb", {"billing": 9, "web": 5},
        ("billing", "billing: 5xx above 10 %"),
        (
            Log("error", "billing", 20, 'ERROR: column invoices.legacy_ref does not exist LINE 1: SELECT invoices.id, invoices.legacy_ref FROM invoices WHERE id = {i}'),
            Log("error", "web", 8, "invoice page failed: billing 500"),
            Log("info", "billing", 20, "invoice {i} rendered"),
        ),
        (
            Change("guilty", 10, "billing", "chore: schema clean-up", ("billing/migrations/0051_cleanup.sql",), "@@\n+ALTER TABLE invoices DROP COLUMN legacy_ref;\n"),
            Change("decoy-1", 4, "billing", "feat: invoices does not exist page with reference lookup", ("billing/views/not_found.py",),
                   "@@ def not_found(request):\n+    return render(request, 'invoice_missing.html', status=404)\n"),
            Change("decoy-2", 30, "billing", "feat: add column for tax id", ("billing/migrations/0050_tax.sql",), "@@\n+ALTER TABLE customers ADD COLUMN tax_id text;\n"),
            *COMMON[:5],
        ),
    ),
    Outage(
        "major-upgrade-python", "guilty", "web>reports reports>reportsdb", {"reports": 9, "web": 3},
        ("reports", "reports: worker crash loop"),
        (
            Log("error", "reports", 15, "AttributeError: module 'numpy' has no attribute 'float_' while rendering report {i}"),
            Log("error", "reports", 6, "worker exited with code 1, restarting"),
            Log("info", "reports", 15, "report {i} rendered"),
        ),
        (
            Change("guilty", 15, "reports", "chore: refresh requirements", ("reports/requirements.txt",), "@@\n-numpy==1.26.4\n+numpy==2.1.0\n pandas==2.2.2\n"),
            Change("decoy-1", 6, "reports", "fix: worker restart when rendering crashes", ("reports/worker.py",),
                   "@@ def run(job):\n-    render(job)\n+    try:\n+        render(job)\n+    except RenderError:\n+        requeue(job)\n"),
            Change("decoy-2", 9, "web", "chore: bump lodash", ("package.json",), '@@\n-    "lodash": "4.17.20",\n+    "lodash": "4.17.21",\n'),
            *COMMON[:6],
        ),
    ),
)  # fmt: skip
