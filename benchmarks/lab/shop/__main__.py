"""`python -m benchmarks.lab.shop SERVICE`: run one service until SIGTERM.

Knows:   which module is which service.
Ignores: everything else; addresses and release settings come in the environment (shop/settings.py).
"""

from __future__ import annotations

import asyncio
import importlib
import sys

from benchmarks.lab.shop.service import Service, serve
from benchmarks.lab.shop.settings import Settings

SERVICES = ("frontend", "catalog", "checkout", "inventory", "payment")


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in SERVICES:
        sys.exit(f"usage: python -m benchmarks.lab.shop {{{'|'.join(SERVICES)}}}")
    service = Service(Settings.from_environment(sys.argv[1]))
    module = importlib.import_module(f"benchmarks.lab.shop.{sys.argv[1]}")
    asyncio.run(serve(service, module.routes(service)))


main()
