"""The picture of a teacher's images."""

import numpy as np
import pytest
import torch
from PIL import Image

from gtn_core.data import Normalization
from gtn_core.errors import ConfigurationError
from gtn_core.reporting import sample_grid
from gtn_core.teacher import GeneratorSpecification, Teacher, TeacherSpecification

MEAN, STD = 0.5, 0.25


def make_teacher(shape=(1, 8, 8), names=("zero", "one", "two"), steps=5, batch=6, curriculum="full"):
    generator = GeneratorSpecification(code_size=4, hidden=8, channels=(4, 4))
    specification = TeacherSpecification(steps=steps, batch=batch, curriculum=curriculum, generator=generator)
    normalization = Normalization((MEAN,) * shape[0], (STD,) * shape[0])
    return Teacher(specification, image_shape=shape, class_names=tuple(names), normalization=normalization)


def paint(teacher, color_of):
    """Let the teacher make images of one colour, pixels from 0 to 1, by (step, label)."""
    curriculum = teacher.curriculum.forward

    def batch(step, seed):
        _, labels = curriculum(step, seed)
        colors = torch.stack([torch.as_tensor(color_of(step, int(label))) for label in labels])
        pixels = colors.view(len(labels), -1, 1, 1).expand(-1, -1, *teacher.image_shape[1:])
        return type(teacher).batch(teacher, step, seed)._replace(images=(pixels - MEAN) / STD)

    teacher.batch = batch
    return teacher


def drawn(teacher, tmp_path, **options):
    path = tmp_path / "grid.png"
    sample_grid(teacher, path, **options)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def count(picture, color):
    return int((np.abs(picture - np.array(color)).max(axis=2) <= 1).sum())


def test_columns_are_classes_and_rows_steps(tmp_path):
    greys = torch.tensor([[51.0, 77.0, 102.0], [128.0, 153.0, 179.0]]) / 255  # first and last step
    teacher = paint(make_teacher(steps=2), lambda step, label: greys[step, label])
    picture = drawn(teacher, tmp_path, rows=2)
    places = {}
    for step in range(2):
        for label in range(3):
            grey = round(float(255 * greys[step, label]))
            ys, xs = np.nonzero((picture == grey).all(axis=2))
            places[step, label] = (np.median(ys), np.median(xs))
            assert len(ys) >= 112 * 112
    for label in range(3):
        assert places[0, label][0] < places[1, label][0]
        assert places[0, label][1] == places[1, label][1]
    for step in range(2):
        assert places[step, 0][1] < places[step, 1][1] < places[step, 2][1]


def test_colour_images_keep_their_colours_and_pixels_are_clipped(tmp_path):
    colors = torch.tensor([[0.2, 0.4, 0.8], [1.7, -0.3, 0.6]])
    teacher = paint(make_teacher(shape=(3, 8, 10), names=("a", "b"), steps=1), lambda step, label: colors[label])
    picture = drawn(teacher, tmp_path)
    assert count(picture, (51, 102, 204)) >= 80 * 100
    assert count(picture, (255, 0, 153)) >= 80 * 100


def test_rows_go_evenly_from_the_first_step_to_the_last(tmp_path):
    seen = []
    teacher = make_teacher(steps=9)
    batch = teacher.batch
    teacher.batch = lambda step, seed: (seen.append(step), batch(step, seed))[1]
    drawn(teacher, tmp_path, rows=3)
    assert sorted(set(seen)) == [0, 4, 8]


def test_the_nearest_step_stands_in_for_a_class_that_a_batch_lacks(tmp_path):
    # Two images a step, four classes: every other step has the classes 0 and 1.
    teacher = make_teacher(names="abcd", steps=9, batch=2)
    paint(teacher, lambda step, label: 0.2 + 0.1 * label)
    picture = drawn(teacher, tmp_path, rows=2)
    for label in range(4):
        assert count(picture, [round(255 * (0.2 + 0.1 * label))] * 3) >= 2 * 112 * 112


def test_a_class_that_is_nowhere_near_leaves_its_place_empty(tmp_path):
    teacher = make_teacher(names="abcd", steps=2, batch=2)
    paint(teacher, lambda step, label: 0.2 + 0.1 * label)
    picture = drawn(teacher, tmp_path, rows=2)
    for label in range(4):
        assert 112 * 112 <= count(picture, [round(255 * (0.2 + 0.1 * label))] * 3) < 2 * 112 * 112


@pytest.mark.parametrize("curriculum", ["full", "none"])
def test_the_same_seed_draws_the_same_picture(tmp_path, curriculum):
    teacher = make_teacher(curriculum=curriculum)
    pictures = []
    for seed in (0, 0, 1):
        sample_grid(teacher, tmp_path / "grid.png", seed=seed)
        pictures.append((tmp_path / "grid.png").read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]


@pytest.mark.parametrize(
    ("shape", "names", "rows"),
    [
        ((2, 8, 12), ("wide",), 1),
        ((1, 9, 9), ("T-shirt/top", "数字", "$x", "a class with a very long name indeed", "\n"), 8),
        ((3, 8, 8), [f"class {label}" for label in range(130)], 2),
    ],
)
def test_any_shape_and_any_name_can_be_drawn(tmp_path, shape, names, rows):
    picture = drawn(make_teacher(shape=shape, names=names, batch=max(len(names), 2)), tmp_path, rows=rows)
    assert picture.min() < 100


def test_images_that_are_not_finite_can_be_drawn(tmp_path):
    teacher = paint(make_teacher(), lambda step, label: float("nan"))
    assert drawn(teacher, tmp_path).shape[2] == 3


def test_no_rows_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="at least one row; got 0"):
        sample_grid(make_teacher(), tmp_path / "grid.png", rows=0)


def test_a_path_that_cannot_be_written_is_one_clear_line(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot write to"):
        sample_grid(make_teacher(), tmp_path / "missing" / "grid.png")
