"""Where a study gets its work done: runs trained one after the other or side by side, and measurements made once."""

import json
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import torch

from gtn_core.errors import GTNError
from gtn_core.runs import Progress, RunStopped, SilentProgress, StopSignal, write_atomically
from gtn_core.studies._arm import ArmRun, Outcome, StudyArm

LOOK_EVERY_SECONDS = 0.5


@dataclass
class Workshop:
    """What a study works with.

    Args:
        folder: of the study; measurements are kept there.
        store: of the runs of all studies.
        seeds: how many each arm has.
        workers: runs side by side, each in a process of its own; 1 does all in this one.
        data: real data in place of the recipe's.
        device: where to compute.
        threads: CPU threads of a run.
        families: of learners to measure, where a study goes beyond those of its recipe; empty for its own choice.
        progress: shows how far it is.
    """

    folder: Path
    store: Path
    seeds: int = 5
    workers: int = 1
    data: str | None = None
    device: str = "cpu"
    threads: int = 1
    families: Sequence[str] = ()
    progress: Progress = field(default_factory=SilentProgress)

    def train(self, arms: Sequence[StudyArm]) -> list[list[Outcome]]:
        """Return the outcomes of every arm's seeds, trained where they are not yet.

        Raises:
            RunStopped: a signal came in; what is done is saved.
            GTNError: a run cannot be made here.
        """
        # Seed by seed, so that a study that is stopped has compared all its arms at some seeds.
        runs = [self.run_of(arm, seed) for seed in range(self.seeds) for arm in arms]
        outcomes = self.follow(runs)
        return [outcomes[place :: len(arms)] for place in range(len(arms))]

    def follow(self, runs: Sequence[ArmRun]) -> list[Outcome]:
        """Return the outcomes of runs, made where they are not yet; raises as `train` does."""
        waiting = [run for run in runs if not run.finished]
        if self.workers > 1 and len(waiting) > 1:
            self._side_by_side(waiting)
        else:
            for number, run in enumerate(waiting, 1):
                self.progress.note(f"{run.arm.name}, seed {run.seed} ({number} of {len(waiting)} runs to make)")
                run.follow(self.progress)
        return [run.outcome() for run in runs]

    def run_of(self, arm: StudyArm, seed: int) -> ArmRun:
        """Return one run, made or not."""
        return ArmRun(arm, seed, self.store, self.data, self.device, self.threads)

    def measured(self, name: str, measure: Callable[[], Any]) -> Any:
        """Return what `measure` returns, from a file if it was measured before; it must be JSON."""
        path = self.folder / "measurements" / f"{name}.json"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            text = json.dumps(measure())
            write_atomically(path, lambda partial: partial.write_text(text))
        return json.loads(path.read_text())

    def _side_by_side(self, runs: Sequence[ArmRun]) -> None:
        waiting, crew = deque(runs), list[_Worker]()
        total = sum(run.steps for run in runs)
        done_before = shown = sum(run.steps_done() for run in runs)
        self.progress.start(f"meta-training, {len(runs)} runs", total, done_before)
        with StopSignal() as stop:
            try:
                while waiting or crew:
                    stop.check()
                    while waiting and len(crew) < self.workers:
                        crew.append(_Worker(waiting.popleft()))
                    sleep(LOOK_EVERY_SECONDS)
                    crew = [worker for worker in crew if not self._dismissed(worker)]
                    done = sum(run.steps_done() for run in runs)
                    for _ in range(shown, done):
                        self.progress.advance()
                    shown = max(shown, done)
            finally:
                for worker in crew:
                    worker.stop()

    def _dismissed(self, worker: "_Worker") -> bool:
        if worker.process.is_alive():
            return False
        worker.check()
        accuracy = worker.run.outcome().accuracy
        found = "diverged" if accuracy is None else f"{100 * accuracy:.1f} %"
        self.progress.note(f"{worker.run.arm.name}, seed {worker.run.seed}: {found}")
        return True


class _Worker:
    """A process that makes one run."""

    def __init__(self, run: ArmRun) -> None:
        self.run = run
        context = get_context("spawn")  # torch's threads do not survive a fork
        self._complaints, sender = context.Pipe(duplex=False)
        self.process: BaseProcess = context.Process(target=_work, args=(run, sender))
        # Ctrl-C reaches every process of a terminal; a worker is told by `stop` alone, for two signals end it at once.
        resource_tracker.ensure_running()  # else `start` does it, and lets signals through
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # as a process is started, so it stays
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        sender.close()

    def check(self) -> None:
        """Raise what ended the process, if it is anything but success."""
        code = self.process.exitcode or 0
        if code in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            raise RunStopped(code - 128)
        if code:
            try:
                reason = self._complaints.recv()
            except EOFError:
                reason = f"its process ended with code {code}"
            raise GTNError(f"{self.run.arm.name}, seed {self.run.seed}: {reason}")

    def stop(self) -> None:
        """Ask the process to save and end, and wait for it."""
        self.process.terminate()
        self.process.join()


def _work(run: ArmRun, complaints: Connection) -> None:
    Thread(target=_outlive_no_parent, daemon=True).start()
    torch.set_num_threads(run.threads)
    try:
        run.follow()
    except RunStopped as stopped:
        raise SystemExit(stopped.exit_code) from None
    except GTNError as error:
        complaints.send(str(error))
        raise SystemExit(1) from None


def _outlive_no_parent() -> None:
    """Have this process save and end when the study's own is killed, which has no time to ask for it."""
    parent = parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
