"""The loop against a plain one in torch, and against itself where it is interrupted."""

import pytest
import torch
import torch.nn.functional as F

from gtn_core.data import Normalization, Split
from gtn_core.errors import DivergenceError, RunError
from gtn_core.runs import MetricsLog
from gtn_nas.spaces import find_space
from gtn_nas.training import TrainingRun, recipes_of
from gtn_nas.training._batches import EpochBatches
from gtn_nas.training._trainer import Trainer

SMALL = ["cells=1", "epochs=2", "batch_size=4", "checkpoint_every=4"]
OVERRIDES = {
    "nao": [*SMALL, "filters=2", "dropout=0.4", "drop_path=0.3", "cutout=0.3"],
    "nb201": [*SMALL, "channels=2"],
}


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return Split(torch.randn(13, 1, 24, 24, generator=generator), torch.arange(13) % 3)


@pytest.fixture
def new_trainer(images, tmp_path):
    """Makes trainers of fresh networks, each in the folder named."""

    def make(folder, space="nao", *overrides, device="cpu"):
        recipes = recipes_of(space)
        recipe = recipes.with_overrides(recipes.load("search"), [*OVERRIDES[space], *overrides])
        network = recipe.build(find_space(space)().sample(seed=2), (1, 24, 24), 3, seed=0).to(device)
        run = TrainingRun.start(tmp_path / folder, {}, resume=True)
        judged = images.to(device)
        batches = EpochBatches(judged, Normalization((0.0,), (1.0,)), recipe, seed=5)
        return Trainer(network, recipe, batches, judged, run, seed=5)

    return make


def outcome(trainer):
    return (trainer.run.path / "metrics.jsonl").read_bytes(), trainer.network.state_dict()


def assert_same(one, other):
    assert one[0] == other[0]
    assert all(torch.equal(one[1][name], other[1][name]) for name in one[1].keys() | other[1].keys())


def test_agrees_with_a_plain_loop(new_trainer):
    trainer = new_trainer("run", "nb201", "augmentation=none", "gradient_clip=1.5")
    plain = new_trainer("plain", "nb201", "augmentation=none").network
    recipe, batches = trainer.recipe, trainer.batches
    optimizer = torch.optim.SGD(plain.parameters(), recipe.learning_rate, 0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=trainer.steps)
    for step in range(trainer.steps):
        optimizer.zero_grad()
        F.cross_entropy(plain(batches[step].images), batches[step].labels).backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.5)
        optimizer.step()
        schedule.step()
    trainer.train()
    assert trainer.steps == 6
    for name, tensor in trainer.network.state_dict().items():
        torch.testing.assert_close(tensor, plain.state_dict()[name])


def test_the_auxiliary_head_learns_too(new_trainer):
    trainer = new_trainer("run")
    before = {name: tensor.clone() for name, tensor in trainer.network.auxiliary.named_parameters()}
    trainer.train()
    assert all(not torch.equal(tensor, before[name]) for name, tensor in trainer.network.auxiliary.named_parameters())


class Killed(BaseException):
    """Ends a training as a killed process does: nothing is saved on the way out."""


def killed_trainer(new_trainer, monkeypatch, owner, name, dies):
    """Train until after a call of a method for which `dies` is true, and return a fresh trainer of the same run."""
    original = getattr(owner, name)

    def run_or_die(self, step, *arguments):
        original(self, step, *arguments)
        if dies(step):
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, run_or_die)
        with pytest.raises(Killed):
            new_trainer("killed").train()
    return new_trainer("killed")


@pytest.fixture
def undisturbed(new_trainer):
    trainer = new_trainer("undisturbed")
    trainer.train()
    return outcome(trainer)


def test_killed_after_any_step_it_ends_in_the_same_bits(new_trainer, monkeypatch, undisturbed):
    for number in (4, 1, 3, 5):  # the later ones begin from what the earlier ones have left
        resumed = killed_trainer(new_trainer, monkeypatch, Trainer, "_step", lambda step, number=number: step >= number)
    resumed.train()
    assert_same(outcome(resumed), undisturbed)


def test_metrics_after_the_last_checkpoint_are_written_again(new_trainer, monkeypatch, undisturbed):
    resumed = killed_trainer(new_trainer, monkeypatch, MetricsLog, "write", lambda step: True)
    assert outcome(resumed)[0].count(b"\n") == 1
    resumed.train()
    assert_same(outcome(resumed), undisturbed)


def test_a_checkpoint_of_another_network_is_refused(new_trainer):
    new_trainer("run", "nb201").train()
    with pytest.raises(RunError, match="does not fit this run"):
        new_trainer("run", "nao").train()
    with pytest.raises(RunError, match="does not fit this run"):
        new_trainer("run", "nb201", "channels=3").train()


def test_a_loss_that_is_not_finite_ends_the_training(new_trainer):
    trainer = new_trainer("run", "nb201", "checkpoint_every=1")
    with torch.no_grad():
        next(trainer.network.parameters()).fill_(float("nan"))
    with pytest.raises(DivergenceError, match="not finite after step 1 of 6, in epoch 1"):
        trainer.train()
    assert not list(trainer.run.checkpoints.glob("*"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("precision", ["mixed_precision=true", "mixed_precision=false"])
def test_trains_on_a_gpu_and_goes_on_there(new_trainer, monkeypatch, precision):
    def on_gpu(folder):
        return new_trainer(folder, "nao", precision, device="cuda")

    on_gpu("undisturbed").train()
    resumed = killed_trainer(on_gpu, monkeypatch, Trainer, "_step", lambda step: step >= 4)
    resumed.train()
    assert outcome(resumed)[0].count(b"\n") == 2
    assert all(tensor.isfinite().all() for tensor in resumed.network.state_dict().values())
