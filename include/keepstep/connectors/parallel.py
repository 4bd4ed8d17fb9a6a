"""Several calls at once, and the next page while this one is being stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from keepstep.core.errors import KeepstepError

T = TypeVar("T")
R = TypeVar("R")


def prefetch(source: Iterator[T]) -> Generator[T]:
    """The same items, the next one being made in a thread while the caller works on this one; one ahead, no more."""
    with ThreadPoolExecutor(1, thread_name_prefix="keepstep-prefetch") as pool:
        try:
            ahead = pool.submit(next, source, None)
            while (item := ahead.result()) is not None:
                ahead = pool.submit(next, source, None)
                yield item
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            if isinstance(source, Generator):
                source.close()


def in_parallel(work: Callable[[T], R | None], items: Iterable[T], workers: int) -> Iterator[R]:
    """Do the work on each item, some at once, and yield each result as soon as it's there (None: no result).

    Where an item ends in a KeepstepError (sign-in refused, budget used up) nothing more is begun, what is under way
    is waited for and yielded, and then the first such error is raised: no result is lost. Closing the iterator early
    waits for what is under way as well.
    """
    waiting = deque(items)
    running: set[Future[R | None]] = set()
    trouble: KeepstepError | None = None
    with ThreadPoolExecutor(workers, thread_name_prefix="keepstep-call") as pool:
        while running or (waiting and trouble is None):
            while waiting and trouble is None and len(running) < workers:
                running.add(pool.submit(work, waiting.popleft()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    result = future.result()
                except KeepstepError as error:
                    trouble = trouble or error
                    continue
                if result is not None:
                    yield result
    if trouble is not None:
        raise trouble
