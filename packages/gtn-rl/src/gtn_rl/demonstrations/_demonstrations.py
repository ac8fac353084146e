"""Generated demonstrations: what teaches a fresh policy in one SGD step."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import torch
from gymnasium import spaces
from torch import Tensor, nn
from torch.func import functional_call

from gtn_core import _tree
from gtn_core.seeding import generator_for
from gtn_core.typing import Tensors
from gtn_rl.demonstrations import _artefact
from gtn_rl.demonstrations._card import Card
from gtn_rl.demonstrations._generator import DemonstrationBatch, DemonstrationGenerator
from gtn_rl.demonstrations._inner_loop import StepSize, initial_parameters, taught_parameters
from gtn_rl.demonstrations._specification import DemonstrationsSpecification
from gtn_rl.errors import PolicyError
from gtn_rl.policies import head_for, observation_size

Taught = TypeVar("Taught", bound=nn.Module)


class Demonstrations(nn.Module):
    """A generator of (state, target) pairs and the step size to learn from them with.

    Args:
        specification: sizes, scales, inner steps.
        observation_space: of the environment they are for.
        action_space: of it.
        seed: of the initial parameters.

    Attributes:
        card: where they come from and what they reached.

    Example:
        >>> cart_pole = spaces.Box(-5.0, 5.0, (4,)), spaces.Discrete(2)
        >>> demonstrations = Demonstrations(DemonstrationsSpecification(), *cart_pole)
        >>> policy = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))
        >>> demonstrations.teach(policy) is policy
        True
    """

    def __init__(
        self,
        specification: DemonstrationsSpecification,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.specification = specification
        self.observation_space = observation_space
        self.action_space = action_space
        self.observations = observation_size(observation_space)
        self.outputs = head_for(action_space).outputs
        self.card = Card()
        self.generator = DemonstrationGenerator(
            specification, self.observations, self.outputs, generator_for(seed, "demonstrations")
        )
        self.step_size = StepSize(
            specification.step_size,
            specification.steps,
            specification.initial_step_size,
            specification.initial_bias_factor,
        )

    @property
    def steps(self) -> int:
        """Inner steps that `teach` takes."""
        return self.specification.steps

    def noise(self, seed: int, step: int = 0, batch: int | None = None) -> Tensor:
        """Return the noise `[B, Z]` of an inner step."""
        shape = batch or self.specification.batch, self.specification.noise
        drawn = torch.randn(shape, generator=generator_for(seed, "noise", step))
        return drawn.to(self.generator.log_scales)

    def batch(self, seed: int = 0, step: int = 0, size: int | None = None) -> DemonstrationBatch:
        """Return the demonstrations of an inner step: states `[B, D]` and targets `[B, A]`.

        Args:
            seed: of the noise.
            step: of the inner loop.
            size: B; the specification's unless given.
        """
        made: DemonstrationBatch = self.generator(self.noise(seed, step, size))
        return made

    def taught_parameters(
        self, policy: nn.Module, parameters: Tensors, seed: int = 0, batch: int | None = None
    ) -> Tensors:
        """Return a policy's parameters after the inner loop, with a graph back to these demonstrations' parameters.

        Args:
            policy: is not changed.
            parameters: the trainable ones, from which the loop starts.
            seed: of the noise.
            batch: B; the specification's unless given.
        """

        def batch_at(step: int) -> DemonstrationBatch:
            return self.batch(seed, step, batch)

        return taught_parameters(policy, parameters, batch_at, self.step_size, self.steps)

    @torch.no_grad()
    def teach(self, policy: Taught, seed: int = 0) -> Taught:
        """Train a policy, in place, by `steps` SGD steps; return it.

        Args:
            policy: any network from observations `[B, D]` to outputs `[B, A]`: logits of discrete actions, or centres
                of continuous ones before tanh squashes them.
            seed: of the noise.

        Raises:
            PolicyError: the network has nothing to train, or other inputs or outputs.
        """
        self._check(policy)
        taught = self.taught_parameters(policy, initial_parameters(policy), seed)
        named = dict(policy.named_parameters())
        _tree.write([named[name] for name in taught], taught.values())
        return policy

    def save(self, folder: str | Path) -> None:
        """Write `demonstrations.safetensors`, `demonstrations.json` and a README into a folder."""
        _artefact.save(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path, *, env_id: str | None = None) -> Demonstrations:
        """Read demonstrations that `save` wrote.

        Args:
            folder: of the artefact, or the name of an environment whose demonstrations come with gtn-rl.
            env_id: an environment they are wanted for; its spaces are compared.

        Raises:
            ArtefactError: missing, damaged, of a newer format, or for other spaces.
        """
        return _artefact.load(_artefact.locate(folder), env_id)

    def _check(self, policy: nn.Module) -> None:
        parameters = initial_parameters(policy)
        if not parameters:
            raise PolicyError("the policy has nothing to train: none of its parameters requires a gradient")
        states = self.batch().states[:2]
        try:
            found = functional_call(policy, parameters, (states,))
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise PolicyError(f"the policy does not run on states {list(states.shape)}: {reason}") from error
        shape = list(found.shape) if isinstance(found, Tensor) else type(found).__name__
        if shape != [2, self.outputs]:
            raise PolicyError(
                f"a policy for {self.action_space} returns outputs [2, {self.outputs}] for two states; this one "
                f"returned {shape}"
            )
