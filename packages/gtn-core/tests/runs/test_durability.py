"""The one writer of checkpoints under faults: a toy loop ended, or refused the disk, before any change to a file."""

import errno
import shutil
import subprocess
from pathlib import Path

import pytest

from gtn_core.runs import Checkpoint
from gtn_core.testing import ContractError, Fault, WarmProcess, check_survives_faults, check_survives_kills

TOY = '''
import sys
from pathlib import Path

import torch

from gtn_core.errors import GTNError
from gtn_core.runs import GradientGuard, LoopState, MetricsLog, RunDirectory, SilentProgress
from gtn_core.seeding import generator_for


class Telling(SilentProgress):
    def note(self, text):
        print(text)


def main():
    """Seven outer steps of a linear layer along random gradients; the fifth goes wrong, and the loop rolls back."""
    try:
        loop(Path(sys.argv[1]), int(sys.argv[2]))
    except GTNError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def loop(folder, size):
    run = RunDirectory.start(folder, {"size": size}, resume=True)
    layer = torch.nn.Linear(size, size)
    parameters = list(layer.parameters())
    for parameter in parameters:
        torch.nn.init.zeros_(parameter)
    optimizer = torch.optim.Adam(parameters, 0.1)
    with run.alone():
        state = LoopState(layer, optimizer, (), GradientGuard(), run, every=2, rollback_factor=0.5)
        start, length = state.restore(Telling())
        with MetricsLog(folder, length, start) as log:
            for step in range(start, 7):
                if step == 4:
                    state.diverged(step)
                else:
                    generator = generator_for(0, "gradient", step)
                    for parameter in parameters:
                        parameter.grad = torch.randn(parameter.shape, generator=generator)
                    optimizer.param_groups[0]["lr"] = 0.1 * state.learning_rate_factor
                    optimizer.step()
                    state.followed(step)
                log.write(step, {"sum": layer.weight.detach().sum().item(), **state.figures})
                if step % 2 or step == 6:
                    state.save(step + 1, log)
        run.write_result({"weights": layer.weight.flatten().tolist()})
'''


@pytest.fixture(scope="module")
def warm():
    with WarmProcess(TOY, "toy") as process:
        yield process


def words(folder, size=4):
    return [str(folder), str(size)]


def outcome(folder):
    (last,) = folder.glob("checkpoints/step-00000007-*.safetensors")
    return {"name of the checkpoint": last.name} | {
        name: (folder / name).read_bytes() for name in ("metrics.jsonl", "evaluation.json")
    }


def about_files_of_ours(change):
    return "events." not in change


def test_ended_before_any_change_to_a_file_a_loop_resumes_to_the_same_bits(warm, tmp_path):
    survived = check_survives_faults(warm, words, outcome, tmp_path, wanted=about_files_of_ours)
    assert survived.kills >= 30
    print(f"toy loop, before changes to files: {survived}")


def test_killed_at_random_instants_a_loop_resumes_to_the_same_bits(warm, tmp_path):
    assert check_survives_kills(warm, words, outcome, tmp_path, kills=5).kills == 5


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
def test_a_disk_that_refuses_is_one_clear_line_and_costs_nothing(warm, tmp_path, number):
    undisturbed = tmp_path / "undisturbed"
    changes = warm.run(words(undisturbed), folder=undisturbed).changes
    places = [at for at, change in enumerate(changes, 1) if about_files_of_ours(change)]
    for at in places[:: 3 if number == errno.ENOSPC else 9]:
        folder = tmp_path / f"{at}"
        ended = warm.run(words(folder), folder=folder, fault=Fault(at, number))
        assert ended.code == 1, changes[at - 1]
        assert ended.err.startswith("error: cannot write ")
        assert ended.err.count("\n") == 1
        assert errno_words(number) in ended.err
        assert warm.run(words(folder)).code == 0
        assert outcome(folder) == outcome(undisturbed), changes[at - 1]


def errno_words(number):
    return {errno.ENOSPC: "No space left", errno.EROFS: "Read-only", errno.EACCES: "Permission denied"}[number]


@pytest.fixture
def small_disk(tmp_path):
    """A disk with room for two checkpoints but not for three; a function makes it larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder, lambda: subprocess.run(["mount", "-o", "remount,size=2m", folder], check=True)
    subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(not shutil.which("mount"), reason="there is no mount")
def test_a_disk_that_is_really_full_costs_nothing(warm, tmp_path, small_disk):
    folder, enlarge = small_disk
    size = 64  # 50 KB a checkpoint
    ended = warm.run(words(folder / "run", size))
    assert ended.code == 1
    assert ended.err.startswith("error: cannot write ")
    assert "No space left" in ended.err
    assert ended.err.count("\n") == 1
    assert Checkpoint.latest(folder / "run" / "checkpoints").step >= 2
    assert not list(folder.glob("run/checkpoints/*.partial"))
    enlarge()
    assert warm.run(words(folder / "run", size)).code == 0
    assert warm.run(words(tmp_path / "undisturbed", size)).code == 0
    assert outcome(folder / "run") == outcome(tmp_path / "undisturbed")


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(warm, tmp_path):
    folder = tmp_path / "run"
    changes = warm.run(words(folder), folder=folder).changes
    renamed = [place for place, change in enumerate(changes) if change.startswith("rename ")]
    assert len(renamed) == 6  # configuration, four checkpoints, result
    for place in renamed:
        name = changes[place].removeprefix("rename ")
        assert changes[place - 1] == f"fsync {name}.partial"
        assert changes[place + 1] == f"fsync {Path(name).parent}"
    first = next(place for place, change in enumerate(changes) if change.startswith("rename checkpoints"))
    assert "fsync metrics.jsonl" in changes[:first]  # a checkpoint vouches for the metrics before it


def test_a_run_goes_on_after_its_newest_checkpoints_were_damaged(warm, tmp_path):
    undisturbed, folder = tmp_path / "undisturbed", tmp_path / "run"
    for path in (undisturbed, folder):
        assert warm.run(words(path)).code == 0
    expected = outcome(undisturbed)
    for damaged in (1, 2):
        for path in sorted(folder.glob("checkpoints/*.safetensors"))[-damaged:]:
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        ended = warm.run(words(folder))
        assert ended.code == 0
        assert ended.out.count("is damaged; ") == damaged
        assert ("starting at step 0" in ended.out) == (damaged == 2)
        assert outcome(folder) == expected
        assert len(list(folder.glob("checkpoints/*.safetensors"))) == 2


def test_the_checkers_notice_what_ends_otherwise_or_badly(warm, tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(ContractError, match="ended in another name"):
        check_survives_kills(warm, words, lambda folder: {"name": folder.name}, tmp_path / "a", kills=1)
    (tmp_path / "undisturbed").write_text("")
    with pytest.raises(ContractError, match=r"exit code 1: error: .* is a file"):
        check_survives_kills(warm, words, outcome, tmp_path, kills=1)
