"""An exported data set, loaded by `datasets` alone and trained on by plain torch, does what the teacher does."""

import json

import datasets
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gtn_core import RealData, Teacher, few_step_accuracy
from gtn_core.errors import ConfigurationError
from gtn_core.exporting import export_data_set
from gtn_core.families import digits_convnet
from gtn_core.teacher import GeneratorSpecification, TeacherSpecification


@pytest.fixture(scope="module")
def teacher():
    return Teacher.from_pretrained("digits")


def loaded(folder, parquet, tmp_path):
    if parquet:
        return datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    return datasets.load_from_disk(folder)


@pytest.mark.parametrize("parquet", [False, True])
def test_holds_exactly_what_the_teacher_shows(teacher, tmp_path, parquet):
    export_data_set(teacher, tmp_path / "data", parquet=parquet)
    data = loaded(tmp_path / "data", parquet, tmp_path)
    batches = teacher.batches()
    assert data.column_names == ["image", "pixels", "label", "inner_step", "position"]
    assert data.features["label"].names == list(teacher.class_names)
    pixels = torch.tensor(np.asarray(data.with_format("numpy")["pixels"][:]))
    assert pixels.dtype == torch.float32
    assert torch.equal(pixels, torch.cat([batch.images for batch in batches]))
    assert data["label"][:] == torch.cat([batch.labels for batch in batches]).tolist()
    assert data["inner_step"][:] == [step for step in range(10) for _ in range(32)]
    assert data["position"][:] == list(range(32)) * 10
    preview = np.asarray(data[5]["image"]) / 255
    expected = teacher.normalization.denormalize(pixels[5:6]).clamp(0, 1)[0, 0].numpy()
    assert np.abs(preview - expected).max() < 0.003


def test_training_on_it_with_the_schedule_reaches_the_teachers_accuracy(teacher, tmp_path):
    export_data_set(teacher, tmp_path / "data")
    data = datasets.load_from_disk(tmp_path / "data").with_format("torch")
    schedule = json.loads((tmp_path / "data" / "schedule.json").read_text())
    real = RealData.load("digits", validation=288).normalized_by(teacher.normalization)
    accuracies = []
    for seed in range(20):
        network = digits_convnet(teacher.image_shape, 10, torch.Generator().manual_seed(seed)).train()
        optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
        velocities = [torch.zeros_like(parameter) for parameter in network.parameters()]
        for step in range(10):
            batch = data[32 * step : 32 * step + 32]
            optimizer.zero_grad()
            F.cross_entropy(network(batch["pixels"]), batch["label"]).backward()
            for velocity, parameter in zip(velocities, network.parameters(), strict=True):
                velocity.mul_(schedule["momentum"][step]).add_(parameter.grad)
                parameter.grad = schedule["learning_rate"][step] * velocity
            optimizer.step()
        network.eval()
        accuracies.append(float((network(real.test.images).argmax(1) == real.test.labels).float().mean()))
    assert (
        teacher.card.few_step_accuracy.low - 0.005 < sum(accuracies) / 20 < teacher.card.few_step_accuracy.high + 0.005
    )
    found = few_step_accuracy(teacher, digits_convnet, real, count=2)
    assert found.mean == pytest.approx(sum(accuracies) / 20, abs=0.02)


def test_colours_stay_colours_and_the_card_tells_what_is_known(tmp_path):
    generator = GeneratorSpecification(code_size=4, hidden=8, channels=(4, 4))
    teacher = Teacher(
        TeacherSpecification(steps=2, batch=3, generator=generator),
        image_shape=(3, 8, 8),
        class_names=("cat", "dog"),
        normalization=RealData.load("digits").normalization.__class__((0.5,) * 3, (0.25,) * 3),
    )
    export_data_set(teacher, tmp_path / "new" / "data", parquet=True)
    data = loaded(tmp_path / "new" / "data", True, tmp_path)
    assert data[0]["image"].mode == "RGB"
    assert data[3]["inner_step"] == 1
    card = (tmp_path / "new" / "data" / "README.md").read_text()
    assert "[0.25, 0.25, 0.25]" in card
    assert "has not been measured" in card


def test_a_folder_that_holds_something_is_left_alone(teacher, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(ConfigurationError, match="is not empty"):
            export_data_set(teacher, path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
