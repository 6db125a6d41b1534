"""A small web shop to break: five HTTP services over PostgreSQL and Redis, each a process of its own.

load → frontend → catalog → inventory → PostgreSQL
               │         └→ Redis
               └→ checkout → inventory, payment (→ Redis), PostgreSQL
"""
