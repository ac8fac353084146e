"""Hostile files are met here: in a process of bounded memory, one case after the other, with what came of each.

A file of cases says which there are (`CASES`: a name, and a function of an empty folder that makes files there and
returns what reads them), and `main` meets them all. The fixture `refused` of `packages/conftest.py` runs it.
"""

import copy
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gtn_core.errors import GTNError

SPARE_BYTES = 1_500_000_000
"""Of address space, beyond what the process has once everything is imported."""

ABSURD = {
    "huge": 10**12,
    "beyond 64 bits": 10**40,
    "negative": -1,
    "zero": 0,
    "fraction": 0.5,
    "huge float": 1e308,
    "not a number": float("nan"),
    "infinite": float("-inf"),
    "null": None,
    "true": True,
    "empty text": "",
    "long text": "x" * 5000,
    "traversal": "../../../../etc/passwd",
    "device": "/dev/zero",
    "control characters": "\x00\x1b[2J\n\r",
    "lone surrogate": "\ud800",
    "list": [],
    "nested list": [[[[1]]]],
    "many": [1] * 70_000,
    "object": {},
    "foreign object": {"__class__": "os.system"},
}


def mutations(content: object) -> Iterator[tuple[str, object]]:
    """Yield a copy of a JSON-like value for every place in it and every absurd value there."""
    for place in list(_places(content)):
        for name, value in ABSURD.items():
            changed = copy.deepcopy(content)
            inner = changed
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = value
            yield f"{'.'.join(map(str, place))} = {name}", changed


def _places(content, prefix=()) -> Iterator[tuple]:
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, child in pairs:
        yield (*prefix, key)
        yield from _places(child, (*prefix, key))


def sparse(path: Path, size: int, start: bytes = b"") -> None:
    """Make a file that says it is large and takes no room."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)


def main(cases: dict[str, Callable[[Path], Callable[[], object]]]) -> None:
    """Meet all cases, or those whose names begin with a word of the command line; write a JSON object a line."""
    chosen = tuple(sys.argv[1:]) or ("",)
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name, prepare in ((name, prepare) for name, prepare in cases.items() if name.startswith(chosen)):
        with tempfile.TemporaryDirectory() as folder:
            read = prepare(Path(folder))
            start = time.process_time()
            outcome = {"case": name, "error": None, "message": ""}
            try:
                read()
            except BaseException as error:
                kind = "refused" if isinstance(error, GTNError) else type(error).__name__
                outcome |= {"error": kind, "message": str(error)}
            print(json.dumps({**outcome, "seconds": time.process_time() - start}), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_bytes": peak, "pages_before": pages}), file=sys.stderr)
