"""The outer loop: it learns, it resumes exactly, and it survives meta-gradients that are not finite."""

import json
import random

import numpy as np
import pytest
import torch

from gtn_core import RealData
from gtn_core.errors import DataError, DivergenceError
from gtn_core.evaluation import RealDataArm, resolve_learners
from gtn_core.meta_training import MetaTrainer, OuterLoop, RealBatches
from gtn_core.runs import Checkpoint, GradientGuard, RunDirectory, RunStopped, SilentProgress, StopSignal
from gtn_core.seeding import generator_for
from gtn_core.teacher import GeneratorSpecification, Teacher, TeacherSpecification
from gtn_core.unroll import MetaGradient

SPECIFICATION = TeacherSpecification(
    steps=3, batch=10, generator=GeneratorSpecification(code_size=4, hidden=8, channels=(4, 4))
)
SETTINGS = OuterLoop(
    steps=6, real_batch=32, intermediate_every=1, validate_every=3, validation_learners=2, checkpoint_every=2
)


class Killed(Exception):
    """Stands for a process that ends without a word."""


class KillAt(SilentProgress):
    def __init__(self, step):
        self.left = step

    def advance(self, **figures):
        self.left -= 1
        if self.left == 0:
            raise Killed


@pytest.fixture(scope="module")
def data():
    return RealData.load("digits")


def teacher_of(data):
    return Teacher(
        SPECIFICATION, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    )


def trainer(data, folder, arm=None, settings=SETTINGS, **options):
    folder.mkdir(exist_ok=True)
    families = resolve_learners("digits-convnet")
    return MetaTrainer(arm or teacher_of(data), data, families, settings, RunDirectory(folder), **options)


def outcome(trained, folder):
    parameters = [parameter.detach().clone() for parameter in trained.arm.parameters()]
    return parameters, (folder / "metrics.jsonl").read_bytes()


def test_the_meta_loss_falls(data, tmp_path):
    settings = SETTINGS.model_copy(update={"steps": 40, "validate_every": 40, "learning_rate": 0.02})
    arm = teacher_of(data)
    with torch.no_grad():
        arm.inner_optimizer.learning_rate.raw.fill_(-2.0)
    trained = trainer(data, tmp_path, arm, settings)
    trained.train()
    losses = [json.loads(line)["meta_loss"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


@pytest.mark.parametrize(("killed_at", "averaging"), [(1, 0.0), (3, 0.0), (5, 0.0), (5, 0.9)])
def test_a_killed_run_resumes_to_the_same_bits(data, tmp_path, killed_at, averaging):
    settings = SETTINGS.model_copy(update={"averaging": averaging})
    undisturbed = trainer(data, tmp_path / "undisturbed", settings=settings)
    undisturbed.train()
    with pytest.raises(Killed):
        trainer(data, tmp_path / "killed", settings=settings, progress=KillAt(killed_at)).train()
    resumed = trainer(data, tmp_path / "killed", settings=settings)
    resumed.train()

    expected, metrics = outcome(undisturbed, tmp_path / "undisturbed")
    found, found_metrics = outcome(resumed, tmp_path / "killed")
    assert all(map(torch.equal, found, expected))
    assert found_metrics == metrics


def test_a_checkpoint_that_is_cut_short_is_passed_over_for_the_one_before(data, tmp_path):
    undisturbed = trainer(data, tmp_path / "a")
    undisturbed.train()
    with pytest.raises(Killed):
        trainer(data, tmp_path / "b", progress=KillAt(5)).train()
    newest = max((tmp_path / "b" / "checkpoints").iterdir())
    newest.write_bytes(newest.read_bytes()[:-50])
    said = []

    class Listening(SilentProgress):
        def note(self, text):
            said.append(text)

    resumed = trainer(data, tmp_path / "b", progress=Listening())
    resumed.train()
    assert said == [f"{newest} is damaged; going on from the one of step 2"]
    assert outcome(resumed, tmp_path / "b")[1] == outcome(undisturbed, tmp_path / "a")[1]


def test_only_the_last_two_checkpoints_are_kept(data, tmp_path):
    trainer(data, tmp_path).train()
    kept = sorted(path.name[:13] for path in (tmp_path / "checkpoints").iterdir())
    assert kept == ["step-00000004", "step-00000006"]


def test_a_finished_loop_is_not_run_again(data, tmp_path):
    trained = trainer(data, tmp_path)
    trained.train()
    before = outcome(trained, tmp_path)
    again = trainer(data, tmp_path, progress=KillAt(1))
    again.train()
    after = outcome(again, tmp_path)
    assert all(map(torch.equal, after[0], before[0]))
    assert after[1] == before[1]


def test_a_stop_signal_saves_where_it_is(data, tmp_path):
    class Asked(StopSignal):
        def check(self, save=None):
            self.count = getattr(self, "count", 0) + 1
            if self.count == 4:
                save()
                raise RunStopped(15)

    with pytest.raises(RunStopped) as stopped:
        trainer(data, tmp_path, stop=Asked()).train()
    assert stopped.value.exit_code == 143
    assert Checkpoint.latest(tmp_path / "checkpoints").step == 3


def test_a_meta_gradient_that_is_not_finite_never_reaches_the_parameters(data, tmp_path):
    arm = teacher_of(data)
    with torch.no_grad():
        arm.inner_optimizer.learning_rate.raw.fill_(1e4)  # exp overflows: every unroll ends in NaN
    before = [parameter.detach().clone() for parameter in arm.parameters()]
    with pytest.raises(DivergenceError, match=r"10 meta-gradients in a row.*learning_rate"):
        trainer(data, tmp_path, arm, SETTINGS.model_copy(update={"steps": 30, "validate_every": 30})).train()
    assert all(map(torch.equal, arm.parameters(), before))
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert all(line["meta_loss"] is None and line["gradient_norm"] is None for line in lines)
    skipped = [line["skipped"] for line in lines]
    assert skipped == list(range(1, 10))


def test_the_real_data_arm_learns_its_learning_rates_and_momenta_alone(data, tmp_path):
    arm = RealDataArm.beside(SPECIFICATION, data.train, data.classes)
    names = {name for name, _ in arm.named_parameters()}
    assert names == {"inner_optimizer.learning_rate.raw", "inner_optimizer.momentum.raw"}
    before = arm.inner_optimizer.learning_rate.values()
    trainer(data, tmp_path, arm).train()
    assert not torch.equal(arm.inner_optimizer.learning_rate.values(), before)


def test_several_learners_a_step_give_the_mean_of_their_meta_gradients(data, tmp_path):
    several = trainer(data, tmp_path, settings=SETTINGS.model_copy(update={"learners": 2}))
    parameters = list(several.arm.parameters())
    single = [
        several._estimator(unroll, parameters, batches).gradients for unroll, batches in several._unrolls(0, range(2))
    ]
    several._outer_step(0)
    for parameter, one, other in zip(parameters, *single, strict=True):
        assert torch.allclose(parameter.grad, (one + other) / 2, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("kind", ["truncated", "random_window"])
def test_a_window_teaches_with_a_part_of_the_steps(data, tmp_path, kind):
    settings = {**SETTINGS.model_dump(), "intermediate_every": None, "estimator": {"kind": kind, "window": 1}}
    trained = trainer(data, tmp_path, settings=OuterLoop(**settings))
    before = trained.arm.curriculum.codes_TBZ.detach().clone()
    trained.train()
    changed = (trained.arm.curriculum.codes_TBZ != before).flatten(1).any(1).tolist()
    assert changed[-1]
    assert any(changed[:-1]) == (kind == "random_window")


@pytest.mark.parametrize("kind", ["evolution_strategies", "inverse_variance_mix"])
def test_evolution_can_take_the_place_of_backpropagation(data, tmp_path, kind):
    settings = OuterLoop(**{**SETTINGS.model_dump(), "estimator": {"kind": kind, "pairs": 2}})
    trained = trainer(data, tmp_path, settings=settings)
    before = [parameter.detach().clone() for parameter in trained.arm.parameters()]
    trained.train()
    assert not any(map(torch.equal, trained.arm.parameters(), before))


@pytest.mark.parametrize("value", [1e25, float("inf"), float("nan")])
def test_a_meta_gradient_whose_norm_overflows_is_skipped_too(data, tmp_path, value):
    trained = trainer(data, tmp_path)
    before = [parameter.detach().clone() for parameter in trained.arm.parameters()]
    huge = MetaGradient(torch.tensor(1.0), [torch.full_like(parameter, value) for parameter in before])
    assert trained._update(0, huge)["skipped"] == 1
    assert all(map(torch.equal, trained.arm.parameters(), before))


@pytest.mark.parametrize("rollback_factor", [None, 0.5])
def test_a_meta_gradient_that_explodes_never_reaches_the_parameters(data, tmp_path, rollback_factor):
    settings = SETTINGS.model_copy(update={"rollback_factor": rollback_factor})
    trained = trainer(data, tmp_path, settings=settings)
    parameters = list(trained.arm.parameters())
    start = [parameter.detach().clone() for parameter in parameters]

    def update(step, value):
        gradients = [torch.full_like(parameter, value) for parameter in parameters]
        return trained._update(step, MetaGradient(torch.tensor(1.0), gradients))

    for step in range(10):
        assert update(step, 0.01)["skipped"] == 0
    before = start if rollback_factor else [parameter.detach().clone() for parameter in parameters]
    found = update(10, 100.0)
    assert (found["gradient_norm"], found["skipped"], found.get("rollbacks")) == (
        None,
        1,
        1 if rollback_factor else None,
    )
    assert all(map(torch.equal, parameters, before))
    assert update(11, 0.01)["learning_rate"] == settings.learning_rate_at(11) * (rollback_factor or 1.0)


def test_a_run_that_rolls_back_and_is_killed_resumes_to_the_same_bits(data, tmp_path, monkeypatch):
    settings = SETTINGS.model_copy(update={"rollback_factor": 0.5})
    admits = GradientGuard.admits
    bad = [False, False, False, True, False, False]

    def disturbed(folder, **options):
        made = trainer(data, folder, settings=settings, **options)
        begin = max((int(path.name[5:13]) for path in folder.glob("checkpoints/step-*")), default=0)
        left = iter(bad[begin:])
        monkeypatch.setattr(GradientGuard, "admits", lambda self, norm: admits(self, norm) and not next(left))
        return made

    undisturbed = disturbed(tmp_path / "undisturbed")
    undisturbed.train()
    with pytest.raises(Killed):
        disturbed(tmp_path / "killed", progress=KillAt(5)).train()
    resumed = disturbed(tmp_path / "killed")
    resumed.train()
    expected, metrics = outcome(undisturbed, tmp_path / "undisturbed")
    found, found_metrics = outcome(resumed, tmp_path / "killed")
    assert all(map(torch.equal, found, expected))
    assert found_metrics == metrics
    assert json.loads(metrics.splitlines()[-1])["rollbacks"] == 1


class Greedy(SilentProgress):
    """A new consumer of randomness at every step, of torch's, Python's and NumPy's global generators and of its own."""

    def advance(self, **figures):
        torch.rand(3)
        random.random()
        np.random.rand(3)  # noqa: NPY002
        torch.rand(3, generator=generator_for(0, "a new consumer", 1))


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, {"progress": Greedy()}),
        ({"validate_every": 1, "validation_learners": 3}, {}),
        ({"checkpoint_every": 1}, {}),
    ],
    ids=["another consumer", "more validation", "more checkpoints"],
)
def test_what_else_draws_random_numbers_shifts_nothing(data, tmp_path, changes, options):
    plain = trainer(data, tmp_path / "plain")
    plain.train()
    other = trainer(data, tmp_path / "other", settings=SETTINGS.model_copy(update=changes), **options)
    other.train()
    assert all(map(torch.equal, other.arm.parameters(), plain.arm.parameters()))


def test_another_learner_shifts_neither_the_first_nor_its_data(data, tmp_path):
    one, two = (
        trainer(data, tmp_path / str(count), settings=SETTINGS.model_copy(update={"learners": count}))
        for count in (1, 2)
    )
    (first, batches), (same, same_batches) = next(one._unrolls(3, range(1))), next(two._unrolls(3, range(2)))
    assert all(map(torch.equal, first.learner.parameters().values(), same.learner.parameters().values()))
    assert torch.equal(batches[3].images, same_batches[3].images)


def test_a_clipped_meta_gradient_has_the_norm_that_is_allowed(data, tmp_path):
    trained = trainer(data, tmp_path, settings=SETTINGS.model_copy(update={"gradient_clip": 0.5}))
    parameters = list(trained.arm.parameters())
    found = trained._update(0, MetaGradient(torch.tensor(1.0), [torch.ones_like(one) for one in parameters]))
    assert found["gradient_norm"] > 0.5
    assert torch.cat([one.grad.flatten() for one in parameters]).norm().item() == pytest.approx(0.5)


def test_the_arm_ends_with_the_average_of_its_parameters_over_the_steps(data, tmp_path):
    seen = []

    class Watching(SilentProgress):
        def advance(self, **figures):
            seen.append([parameter.detach().clone() for parameter in arms[-1].parameters()])

    arms, kept = [], []
    for name, decay in (("last", 0.0), ("average", 0.1)):  # the growing decay of the first steps is 0.1 or more
        arms.append(teacher_of(data))
        start = [parameter.detach().clone() for parameter in arms[-1].parameters()]
        settings = SETTINGS.model_copy(update={"averaging": decay})
        trainer(data, tmp_path / name, arms[-1], settings, progress=Watching()).train()
        kept.append([parameter.detach().clone() for parameter in arms[-1].parameters()])
    steps = seen[: SETTINGS.steps]
    assert all(map(torch.equal, kept[0], steps[-1]))
    expected = start
    for step in steps:
        expected = [0.1 * old + 0.9 * new for old, new in zip(expected, step, strict=True)]
    torch.testing.assert_close(kept[1], expected)
    assert not torch.equal(kept[1][0], steps[-1][0])


def test_the_learning_rate_falls_along_a_cosine():
    settings = OuterLoop(steps=100, learning_rate=0.2, final_learning_rate=0.1)
    assert settings.learning_rate_at(0) == pytest.approx(0.2)
    assert settings.learning_rate_at(50) == pytest.approx(0.11)
    assert settings.learning_rate_at(100) == pytest.approx(0.02)


def test_real_batches_are_drawn_the_same_at_every_look(data):
    batches = RealBatches(data, SETTINGS, frozenset({2, 3}), seed=5)
    assert list(batches) == [2, 3]
    assert 1 not in batches
    assert torch.equal(batches[2].images, batches[2].images)
    assert not torch.equal(batches[2].images, batches[3].images)
    with pytest.raises(KeyError):
        batches[1]


def test_a_real_batch_larger_than_the_data_is_refused(data, tmp_path):
    with pytest.raises(DataError, match="cannot fill a batch of 5000"):
        trainer(data, tmp_path, settings=SETTINGS.model_copy(update={"real_batch": 5000}))
