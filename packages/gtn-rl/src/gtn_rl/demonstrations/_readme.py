"""The README of an artefact's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gtn_rl.demonstrations._demonstrations import Demonstrations

TEMPLATE = """\
# Demonstrations for {env_id}

Generated states and targets: a fresh policy takes {steps} and then acts in the real environment. Made by gtn-rl.

{results}

```python
from gtn_rl import Demonstrations

demonstrations = Demonstrations.load("PATH OF THIS FOLDER")
demonstrations.teach(policy)  # any nn.Module from observations {observations} to {outputs} outputs
```

Real environment steps that meta-training took: {real_steps}. See `demonstrations.json` for the settings.
"""


def readme(demonstrations: Demonstrations) -> str:
    """Return the Markdown."""
    card, steps, batch = demonstrations.card, demonstrations.steps, demonstrations.specification.batch
    lines = [
        f"- {name.replace('_', ' ')}: mean return **{found.mean:.1f}** (95 % interval {found.low:.1f} to "
        f"{found.high:.1f}), worst tenth {found.worst_tenth:.1f}; untaught {found.untaught_mean:.1f}. "
        f"{found.policies} fresh policies, {found.episodes} episodes each."
        for name, found in card.results.items()
    ]
    return TEMPLATE.format(
        env_id=card.env_id or "an unknown environment",
        steps=f"one SGD step on {batch} of them" if steps == 1 else f"{steps} SGD steps on {batch} of them each",
        results="\n".join(lines) or "Their results have not been measured.",
        observations=f"[B, {demonstrations.observations}]",
        outputs=demonstrations.outputs,
        real_steps="unknown" if card.real_steps is None else f"{card.real_steps:,}",
    )
