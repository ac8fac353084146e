"""What the fuzzers share: bytes that Atheris makes become a file, and its reader may refuse it in one clear line.

    python packages/gtn-core/fuzz/fuzz_recipe.py -max_total_time=600

All else is a crash. What crashed once is a case of `tests/hostile/cases.py`.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris


def fuzz(name: str, read: Callable[[Path], object], seeds: Iterable[bytes], beside: Iterable[Path] = ()) -> None:
    """Read files of Atheris's making without end.

    Args:
        name: of the file.
        read: called with the file; may raise errors of ours.
        seeds: contents to start from.
        beside: files to copy into the same folder, of other names.
    """
    from gtn_core.errors import GTNError

    folder, corpus = (Path(tempfile.mkdtemp(dir=place)) for place in ("/dev/shm", None))
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    for path in beside:
        shutil.copy(path, folder / path.name)

    def one(data: bytes) -> None:
        (folder / name).write_bytes(data)
        try:
            read(folder / name)
        except GTNError as error:
            if "\n" in str(error) or len(str(error)) > 4000:
                raise AssertionError(f"not one clear line: {str(error)[:500]!r}") from error

    atheris.Setup([*sys.argv, "-rss_limit_mb=4096", "-timeout=30", str(corpus)], one)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
