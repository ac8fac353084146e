"""A command that is killed, time after time, and resumed must end as one that was never disturbed."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from gtn_core.testing._error import ContractError
from gtn_core.testing._faults import KILLED, Fault
from gtn_core.testing._warm_process import Ended, WarmProcess

Words = Callable[[Path], Sequence[str]]
Outcome = Callable[[Path], Mapping[str, object]]


@dataclass(frozen=True)
class Survived:
    """What a command survived.

    Attributes:
        kills: how many.
        runs: that came to their end after them, all with the outcome of the undisturbed one.
    """

    kills: int
    runs: int


def check_survives_kills(
    warm: WarmProcess, words: Words, outcome: Outcome, folder: Path, *, kills: int, seed: int = 0
) -> Survived:
    """Kill a command by SIGKILL at random instants, resuming it each time, and compare what it comes to.

    Args:
        warm: has the command.
        words: the command line for a run directory; it must resume what is there.
        outcome: what of a run directory must be as in an undisturbed one, by name.
        folder: an empty one, for the run directories.
        kills: how many kills must have come in time. A run that ends before them is compared, and another begun.
        seed: of the instants.

    Raises:
        ContractError: a run ended badly, or in something else.
    """
    expected, undisturbed = _undisturbed(warm, words, outcome, folder)
    moments, survived, runs = Random(seed), 0, 0
    while survived < kills:
        path = folder / f"killed-{runs}"
        while survived < kills and warm.kill(words(path), moments.uniform(0.0, undisturbed.seconds)):
            survived += 1
        _finish(warm, words, path)
        _compare(expected, outcome(path), f"killed {survived} times")
        shutil.rmtree(path)
        runs += 1
    return Survived(survived, runs)


def check_survives_faults(
    warm: WarmProcess,
    words: Words,
    outcome: Outcome,
    folder: Path,
    *,
    wanted: Callable[[str], bool] = lambda change: True,
    every: int = 1,
) -> Survived:
    """End a command before each change that it makes to a file, resume it, and compare what it comes to.

    Args:
        warm: has the command.
        words: the command line for a run directory; it must resume what is there.
        outcome: what of a run directory must be as in an undisturbed one, by name.
        folder: an empty one, for the run directories.
        wanted: says before which changes; each reads like `rename checkpoints/step-00000002.safetensors`.
        every: only before each so-manieth of them.

    Raises:
        ContractError: a run ended badly, or in something else.
    """
    expected, undisturbed = _undisturbed(warm, words, outcome, folder)
    places = [place for place, change in enumerate(undisturbed.changes, 1) if wanted(change)][::every]
    for place in places:
        change = undisturbed.changes[place - 1]
        path = folder / f"killed-before-{place}"
        ended = warm.run(words(path), folder=path, fault=Fault(place))
        if ended.code != KILLED:
            raise ContractError(f"not killed before change {place} ({change}), but exit code {ended.code}: {ended.err}")
        _finish(warm, words, path)
        _compare(expected, outcome(path), f"killed before change {place} ({change})")
        shutil.rmtree(path)
    return Survived(len(places), len(places))


def _undisturbed(warm: WarmProcess, words: Words, outcome: Outcome, folder: Path) -> tuple[Mapping[str, object], Ended]:
    path = folder / "undisturbed"
    ended = warm.run(words(path), folder=path)
    if ended.code:
        raise ContractError(f"the undisturbed run ended with exit code {ended.code}: {ended.err}")
    return outcome(path), ended


def _finish(warm: WarmProcess, words: Words, path: Path) -> None:
    ended = warm.run(words(path))
    if ended.code:
        raise ContractError(f"the resumed run ended with exit code {ended.code}: {ended.err}")


def _compare(expected: Mapping[str, object], found: Mapping[str, object], what: str) -> None:
    different = [name for name in sorted({*expected, *found}) if expected.get(name) != found.get(name)]
    if different:
        raise ContractError(f"a run that was {what} ended in another {', '.join(different)}")
