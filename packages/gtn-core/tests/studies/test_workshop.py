"""Runs side by side, and measurements that are made once."""

import os
import signal
import threading
import time
from multiprocessing import active_children, get_context

import pytest
from filelock import FileLock

from gtn_core.errors import GTNError
from gtn_core.runs import RunStopped
from gtn_core.studies import StudyArm, Workshop
from gtn_core.studies._variants import changed


def test_side_by_side_is_the_same_as_one_after_the_other(recipe, workshop, tmp_path):
    arms = [StudyArm("one", "one", recipe), StudyArm("two", "two", changed(recipe, warm_start=None))]
    together = Workshop(tmp_path / "study", tmp_path / "elsewhere", seeds=1, workers=2)
    workshop.seeds = 1
    for alone, beside in zip(workshop.train(arms), together.train(arms), strict=True):
        assert alone[0].content() == beside[0].content()


def test_what_is_wrong_in_another_process_is_said_in_this_one(recipe, tmp_path):
    missing = changed(recipe, data={"source": str(tmp_path / "nowhere")})
    workshop = Workshop(tmp_path / "study", tmp_path / "arms", seeds=2, workers=2)
    with pytest.raises(GTNError, match=r"one, seed [01]: .*nowhere"):
        workshop.train([StudyArm("one", "one", missing)])


def endless(recipe):
    return changed(recipe, outer={"steps": 50_000, "validate_every": 50_000, "checkpoint_every": 50_000})


def wait_until_all_are_at_work(runs):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not all(run.steps_done() > 2 for run in runs):
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_processes_with_their_work_saved(recipe, tmp_path, number):
    """Also Ctrl-C, which a terminal sends to the workers as well as to their parent."""
    workshop = Workshop(tmp_path / "study", tmp_path / "arms", seeds=2, workers=2)
    runs = [workshop.run_of(StudyArm("one", "one", endless(recipe)), seed) for seed in range(2)]

    def stop_when_both_are_at_work():
        wait_until_all_are_at_work(runs)
        workers = [process.pid for process in active_children()] if number == signal.SIGINT else []
        for pid in (*workers, os.getpid()):
            os.kill(pid, number)

    threading.Thread(target=stop_when_both_are_at_work, daemon=True).start()
    with pytest.raises(RunStopped):
        workshop.follow(runs)
    for run in runs:
        assert list((run.path / "checkpoints").glob("*.safetensors"))


def test_workers_save_and_end_when_the_study_is_killed(recipe, tmp_path):
    workshop = Workshop(tmp_path / "study", tmp_path / "arms", seeds=2, workers=2)
    runs = [workshop.run_of(StudyArm("one", "one", endless(recipe)), seed) for seed in range(2)]
    study = get_context("spawn").Process(target=workshop.follow, args=(runs,))
    study.start()
    wait_until_all_are_at_work(runs)
    study.kill()
    study.join()
    for run in runs:
        with FileLock(f"{run.path}.lock", timeout=60):  # held for as long as a worker is at it
            assert list((run.path / "checkpoints").glob("*.safetensors"))


def test_a_measurement_is_made_once(workshop):
    calls = []

    def measure():
        calls.append(1)
        return {"value": 0.5}

    assert workshop.measured("accuracy", measure) == {"value": 0.5}
    assert workshop.measured("accuracy", measure) == {"value": 0.5}
    assert len(calls) == 1
