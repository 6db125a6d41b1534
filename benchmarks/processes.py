"""Each piece of work in a fresh process, a few at a time: what one piece turns or switches off is gone with its process.

Knows:   a process that has loaded the readers once and from which the others are forked: loading takes longer than a small case.
Ignores: what the work is.

A process that dies (out of memory, most likely) costs its own piece and no other.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_LOADED_BEFORE = ["benchmarks.perturb", "benchmarks.readings"]
"""The libraries and the readers.  The engine itself is loaded in each process, after its numbers are turned."""


def each_fresh(work: Callable[[Task], Result], tasks: Iterable[Task], jobs: int) -> Iterator[tuple[Task, Result | None]]:
    """(task, result), as they are done; None where the process died before it had a result."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED_BEFORE)
    waiting = iter(tasks)
    running: dict[Any, tuple[Task, Any]] = {}

    def start() -> None:
        for task in waiting:
            here, there = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(work, task, there), daemon=True)
            process.start()
            there.close()
            running[here] = task, process
            return

    try:
        for _ in range(jobs):
            start()
        while running:
            for connection in wait(list(running)):
                task, process = running.pop(connection)
                result = _received(connection)
                process.join()
                start()
                yield task, result
    finally:
        for _, process in running.values():
            process.terminate()


def _work(work: Callable[[Task], Result], task: Task, answer: Connection) -> None:
    with answer:
        answer.send(work(task))


def _received(connection: Any) -> Any:
    with connection:
        try:
            return connection.recv()
        except EOFError:
            return None
