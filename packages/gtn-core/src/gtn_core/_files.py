"""Writing files so that a crash at any instant, power loss too, leaves the old content or the new, never a mixture.

What is new is written under another name, brought to the disk, given its name in one stroke, and then the folder is
brought to the disk, for a name too is something that a crash may lose.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from gtn_core.errors import RunError

SCRATCH = ".partial-"
"""How folders begin that a killed process may leave behind."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file under a temporary name, bring it to the disk, then give it its name.

    Raises:
        RunError: it cannot be written; what was there before is as it was.
    """
    partial = path.with_name(path.name + ".partial")
    with clear_errors(path):
        try:
            write(partial)
            sync(partial)
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)  # on a full disk it is in the way
            raise
        sync(path.parent)


def write_together(folder: Path, names: Sequence[str], write: Callable[[Path], object]) -> None:
    """Let `write` make several files in a scratch folder, and give them their names only when all are on the disk.

    Args:
        folder: of the files, made where it is missing.
        names: of the files, in the order in which they appear.
        write: is called with the scratch folder.

    Raises:
        RunError: a file cannot be written.
    """
    with clear_errors(folder):
        make_folder(folder)
        for left in folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
            made = Path(scratch)
            write(made)
            for name in names:
                sync(made / name)
            for name in names:
                (made / name).replace(folder / name)
            sync(folder)


def append_line(path: Path, line: bytes) -> None:
    """Add to a file, made where there is none, and bring it to the disk; several processes may do so at once.

    Raises:
        RunError: it cannot be written, or not as a whole.
    """
    with clear_errors(path):
        new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            if os.write(descriptor, line) < len(line):  # the system calls it success
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync(path.parent)


def tensor_bytes(tensors: Mapping[str, Tensor], header: Mapping[str, str] | None = None) -> bytes:
    """Return tensors as the content of a safetensors file, sorted by name, so that equal ones give equal bytes."""
    plain = {name: tensors[name].detach().cpu().contiguous() for name in sorted(tensors)}
    content: bytes = save(plain, dict(header) if header else None)
    return content


def make_folder(path: Path) -> None:
    """Make a folder and those above it, and bring their names to the disk."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file or a folder's list of names to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn what the system says about writing `path` into one clear line."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"cannot write {path}: {error.strerror or error}; what was saved before is whole. When there is room and "
            "leave to write, go on from it with --resume"
        ) from error
