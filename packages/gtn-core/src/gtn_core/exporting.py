"""A teacher's synthetic data as a `datasets` data set that others can load without GTN.

One row an image, in the order in which a learner meets them, with the exact normalised pixels beside a preview, and
the inner optimizer's values of every step in `schedule.json`: enough to repeat the teaching anywhere.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtn_core.data import quiet
from gtn_core.errors import ConfigurationError
from gtn_core.inner_optimizers import schedules_of
from gtn_core.teacher import Teacher, TeacherCard
from gtn_core.typing import Batch

PARQUET = "data/train-00000-of-00001.parquet"
SCHEDULE, CARD = "schedule.json", "README.md"
TEMPLATE = """\
---
license: apache-2.0
tags: [generative-teaching-network, dataset-distillation, synthetic]
task_categories: [image-classification]
{configuration}---

# Synthetic data that teach a fresh network {data}

{count} images in {steps} batches of {batch}, invented by a generative teaching network (Such et al., ICML 2020).
{accuracy}{answering}

| column | |
|---|---|
| `image` | a preview: pixels from 0 to 255, those out of range cut off |
| `pixels` | float32 `{shape}`, exact, normalised to mean {mean} and standard deviation {std} |
| `label` | {classes} classes{soft} |
| `inner_step` | the batch it belongs to, from 0 |
| `position` | its place within the batch |

To repeat the teaching, train on `pixels` batch by batch in the order of `inner_step`, with the values of
`schedule.json` for each step: {optimizer}. Batch norm uses each batch's own statistics; on real data: `{batch_norm}`.

```python
import datasets

data = datasets.{load}.with_format("torch")
```
"""
ANSWERING = """

This teacher chooses every batch by what the learner made of those before. These are the batches that one fresh learner
was shown; any other would have been shown others. Accuracies are of learners whom the teacher itself taught."""


def export_data_set(teacher: Teacher, folder: str | Path, *, parquet: bool = False, seed: int = 0) -> None:
    """Write the whole synthetic sequence, a data card and the inner optimizer's schedule.

    Args:
        teacher: whose T batches to write; those of a closed-loop teacher are what it shows one fresh learner of the
            families that are recorded with it.
        folder: a new or an empty one.
        parquet: a folder as the Hub has it, for `datasets.load_dataset`; else one for `datasets.load_from_disk`.
        seed: of the codes, or of their order, where the curriculum does not fix them; and of that learner.

    Raises:
        ConfigurationError: the folder holds something already, or cannot be written.
        TeacherError: the teacher answers a learner, and no family is recorded with it.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not empty; name a new folder for the data set")
    batches = teacher.batches(seed)
    soft = batches[0].labels.ndim == 2
    with quiet():
        import datasets

        columns: dict[str, Any] = {
            "image": datasets.Image(),
            "pixels": datasets.Array3D(teacher.image_shape, "float32"),
            "label": datasets.ClassLabel(names=list(teacher.class_names)),
        }
        if soft:
            columns["label_probabilities"] = datasets.Sequence(datasets.Value("float32"), length=teacher.classes)
        columns |= {"inner_step": datasets.Value("int32"), "position": datasets.Value("int32")}
        features = datasets.Features(columns)
        rows = list(_rows(teacher, batches, soft))
        data = datasets.Dataset.from_dict({name: [row[name] for row in rows] for name in features}, features)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if parquet:
                (folder / PARQUET).parent.mkdir()
                data.to_parquet(folder / PARQUET)
            else:
                data.save_to_disk(folder)
            (folder / SCHEDULE).write_text(json.dumps(schedules_of(teacher.inner_optimizer), indent=2) + "\n")
            (folder / CARD).write_text(_card(teacher, len(data), soft, parquet))
        except OSError as error:
            raise ConfigurationError(f"cannot write to {folder}: {error.strerror or error}") from error


def _rows(teacher: Teacher, batches: list[Batch], soft: bool) -> Iterator[dict[str, Any]]:
    for step, (images, labels) in enumerate(batches):
        classes = labels.argmax(1) if soft else labels
        for position, pixels in enumerate(images):
            row = {"image": _preview(teacher, pixels), "pixels": pixels.numpy(), "label": int(classes[position])}
            if soft:
                row["label_probabilities"] = labels[position].tolist()
            yield {**row, "inner_step": step, "position": position}


def _preview(teacher: Teacher, pixels: Tensor) -> Any:
    """A picture that any viewer shows: three channels in colour, any other number as its mean, in grey."""
    from PIL import Image

    shown = (255 * teacher.normalization.denormalize(pixels[None])[0].clamp(0, 1)).round().to(torch.uint8)
    image: NDArray[np.uint8] = shown.permute(1, 2, 0).numpy()
    return Image.fromarray(image if image.shape[2] == 3 else image.mean(2).astype(np.uint8))


def _card(teacher: Teacher, count: int, soft: bool, parquet: bool) -> str:
    card, specification = teacher.card, teacher.specification
    configuration = f"configs: [{{config_name: default, data_files: {PARQUET}}}]\n" if parquet else ""
    return TEMPLATE.format(
        configuration=configuration,
        data=f"the task of {card.data.source}" if card.data.source else "a task",
        count=count,
        steps=teacher.steps,
        batch=specification.batch,
        accuracy=_reached(card),
        answering=ANSWERING if teacher.answers_the_learner else "",
        shape=list(teacher.image_shape),
        mean=list(teacher.normalization.mean),
        std=list(teacher.normalization.std),
        classes=teacher.classes,
        soft=", the likeliest one; `label_probabilities` holds all" if soft else "",
        optimizer=f"{specification.inner_optimizer.kind} with {', '.join(schedules_of(teacher.inner_optimizer))}",
        batch_norm=specification.batch_norm,
        load='load_dataset("PATH OR HUB ID", split="train")' if parquet else 'load_from_disk("PATH")',
    )


def _reached(card: TeacherCard) -> str:
    measured = card.few_step_accuracy
    if measured is None:
        return "What learners reach with them has not been measured."
    families = ", ".join(learner.family for learner in card.learners)
    return (
        f"Fresh learners ({families}) reach {100 * measured.mean:.1f} % on real test images after one pass "
        f"(95 % interval {100 * measured.low:.1f} to {100 * measured.high:.1f} %)."
    )
