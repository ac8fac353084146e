"""The README of a teacher's folder, in the form the Hub shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gtn_core.teacher._teacher import Teacher

TEMPLATE = """\
---
license: apache-2.0
library_name: gtn-core
tags: [generative-teaching-network, dataset-distillation, meta-learning]
---

# A teacher for {data}

A generative teaching network (Such et al., ICML 2020): it trains a fresh network in {steps} steps of {batch}
synthetic images.

{accuracy}

```python
from gtn_core import Teacher

teacher = Teacher.from_pretrained("PATH OR HUB ID OF THIS FOLDER")
teacher.teach(network)                       # any nn.Module from images {shape} to {classes} logits
logits = network(teacher.normalize(images))  # pixels from 0 to 1
```

| | |
|---|---|
| recipe | {recipe} |
| learners met in meta-training | {learners} |
| curriculum | {curriculum} |
| batch norm on real data | {batch_norm} |
| classes | {names} |
"""


def model_card(teacher: Teacher) -> str:
    """Return the card's Markdown."""
    card, specification = teacher.card, teacher.specification
    measured = card.few_step_accuracy
    accuracy = (
        f"Test accuracy of {measured.count} fresh learners it had never met: **{100 * measured.mean:.1f} %** "
        f"(95 % bootstrap interval {100 * measured.low:.1f} to {100 * measured.high:.1f} %)."
        if measured
        else "Its few-step accuracy has not been measured."
    )
    return TEMPLATE.format(
        data=card.data.source or "images",
        steps=specification.steps,
        batch=specification.batch,
        accuracy=accuracy,
        shape=list(teacher.image_shape),
        classes=teacher.classes,
        recipe=card.recipe or "none",
        learners=", ".join(learner.family for learner in card.learners) or "unknown",
        curriculum=specification.curriculum + (", with learned soft labels" if specification.soft_labels else ""),
        batch_norm=specification.batch_norm,
        names=", ".join(teacher.class_names),
    )
