CREATE TABLE products (id text PRIMARY KEY, name text NOT NULL, stock int NOT NULL, price_cents int NOT NULL);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    product text NOT NULL REFERENCES products (id),
    price_cents int NOT NULL,
    loyalty_points int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO products SELECT 'p' || n, 'Product ' || n, 1000000, 500 + 37 * n FROM generate_series(1, 200) AS n;
