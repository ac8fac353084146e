"""A run directory: one folder that holds all of a run, and the rules for starting and resuming it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml
from filelock import FileLock, Timeout

from gtn_core._files import make_folder, write_atomically
from gtn_core._reading import parse_yaml, read_bounded, read_json
from gtn_core.errors import ConfigurationError, RunError

CONFIGURATION = "config.yaml"
LOCK = ".lock"
LARGEST_CONFIGURATION, LARGEST_RESULT = 100_000, 100_000_000
WITHOUT_EFFECT = ("threads", "ranks", "recipe.description", "recipe.cost", "recipe.reaches")
"""May differ when a run is resumed: threads and ranks with a warning, words without."""


class RunDirectory:
    """The folder of one run.

    Holds `config.yaml`, `metrics.jsonl`, `timings.jsonl`, TensorBoard's `events.*`, `checkpoints/`, `teacher/`, and
    when it is finished `evaluation.json` and `report.html`.

    Args:
        path: the folder.
    """

    result_name: ClassVar[str] = "evaluation.json"
    """Of the file that is written last; runs of another kind may call it otherwise."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def start(cls, path: str | Path, configuration: dict[str, Any], *, resume: bool) -> Self:
        """Make a new run, or come back to one.

        Args:
            path: its folder.
            configuration: everything that decides the result.
            resume: come back to the run that is there; without it an existing run is refused and left alone.

        Raises:
            RunError: the folder holds a run and `resume` is not set, or a run of another configuration, or other files.
        """
        run = cls.check(path, configuration, resume=resume)
        if run.configuration_path.is_file():
            return run
        try:
            make_folder(run.path)
        except OSError as error:
            raise RunError(f"cannot write to {path}: {error.strerror}; name another folder with --run-dir") from error
        with run.alone():
            cls.check(path, configuration, resume=resume)  # another process may have come first
            text = yaml.safe_dump(configuration, sort_keys=False)
            write_atomically(run.configuration_path, lambda partial: partial.write_text(text))
        return run

    @classmethod
    def check(cls, path: str | Path, configuration: dict[str, Any], *, resume: bool) -> Self:
        """Raise what `start` would raise, before the work that leads up to it, and write nothing."""
        run = cls(Path(path))
        if run.path.exists() and not run.path.is_dir():
            raise RunError(f"{path} is a file; name a folder with --run-dir")
        if run.configuration_path.is_file():
            if not resume:
                raise RunError(f"{path} holds a run already; continue it with --resume or name another with --run-dir")
            run._check_same(configuration)
        # A process killed while it wrote its configuration leaves a partial one.
        elif run.path.is_dir() and any(not file.name.endswith((".partial", LOCK)) for file in run.path.iterdir()):
            raise RunError(f"{path} is not empty and holds no run; name another folder with --run-dir")
        return run

    @classmethod
    def existing(cls, path: str | Path) -> "RunDirectory":
        """Return the run in a folder.

        Raises:
            RunError: there is none.
        """
        run = cls(Path(path))
        if not run.configuration_path.is_file():
            raise RunError(f"{path} holds no run: {CONFIGURATION} is missing; name a folder that `gtn train` wrote")
        return run

    @property
    def configuration_path(self) -> Path:
        """`config.yaml`."""
        return self.path / CONFIGURATION

    @property
    def result_path(self) -> Path:
        """`evaluation.json`, written last: a run that has it is finished."""
        return self.path / self.result_name

    @property
    def checkpoints(self) -> Path:
        """Folder of the outer loop's checkpoints."""
        return self.path / "checkpoints"

    @property
    def finished(self) -> bool:
        """Whether the run has been through to its end."""
        return self.result_path.is_file()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within the body no other process may work in this folder; its end, a kill too, lets the next one in.

        Raises:
            RunError: another one is at it, or the folder cannot be written to.
        """
        lock = FileLock(self.path / LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise RunError(
                f"another process is at work in {self.path}; wait for its end, or name another folder with --run-dir"
            ) from error
        except OSError as error:
            raise RunError(
                f"cannot write to {self.path}: {error.strerror}; name another folder with --run-dir"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def configuration(self) -> dict[str, Any]:
        """Return the content of `config.yaml`.

        Raises:
            RunError: it cannot be read.
        """
        path = self.configuration_path
        try:
            content = parse_yaml(read_bounded(path, LARGEST_CONFIGURATION).decode("utf-8"), str(path))
        except (OSError, ConfigurationError, UnicodeDecodeError) as error:
            raise RunError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
        if not isinstance(content, dict):
            raise RunError(f"{self.configuration_path} is damaged: it should hold keys and values")
        return content

    def result(self) -> dict[str, Any]:
        """Return the content of `evaluation.json`.

        Raises:
            RunError: the run is not finished, or the file is damaged.
        """
        try:
            content = read_json(self.result_path, LARGEST_RESULT)
        except (OSError, ConfigurationError) as error:
            raise RunError(f"{self.result_path} cannot be read: {error}") from error
        if not isinstance(content, dict):
            raise RunError(f"{self.result_path} is damaged: it should hold keys and values")
        return content

    def write_result(self, content: dict[str, Any]) -> None:
        """Write what `result` returns. It must be the last file: a run with it is finished."""
        text = json.dumps(content, indent=2, allow_nan=False) + "\n"
        write_atomically(self.result_path, lambda partial: partial.write_text(text))

    def child(self, name: str) -> "RunDirectory":
        """Return a run within this one, such as the real-data arm's, under the same configuration."""
        path = self.path / name
        make_folder(path)
        return RunDirectory(path)

    def _check_same(self, configuration: dict[str, Any]) -> None:
        before, now = _flat(self.configuration()), _flat(configuration)
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key) and key not in WITHOUT_EFFECT:
                raise RunError(
                    f"{self.path} was started with {key} = {before.get(key)!r}, not {now.get(key)!r}; resume it with "
                    "the same settings or name another folder with --run-dir"
                )


def _flat(content: Any, prefix: str = "") -> dict[str, Any]:
    """Nested keys as dotted ones, so that a difference can be named."""
    if isinstance(content, dict):
        return {
            key: value for name, child in content.items() for key, value in _flat(child, f"{prefix}{name}.").items()
        }
    if isinstance(content, list | tuple):
        return {key: value for i, child in enumerate(content) for key, value in _flat(child, f"{prefix}{i}.").items()}
    return {prefix[:-1]: content}
