"""The outer objective: how good a taught policy's actions were on real roll-outs.

Source: Mnih et al., "Asynchronous methods for deep reinforcement learning" (2016) for the advantage actor-critic loss,
of which the paper's appendix H takes the meta-gradient; Schulman et al., "Proximal policy optimization algorithms"
(2017) for using a roll-out several times. At the parameters that the roll-outs were collected with, the clipped ratio's
gradient is that of the advantage actor-critic loss, so one pass is exactly that.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from gtn_rl.policies import Head

LARGEST_LOG_RATIO = 10.0


class Decisions(NamedTuple):
    """What one policy did: M decisions of a roll-out, constants for the meta-gradient."""

    observations: Tensor
    """`[M, D]`."""
    actions: Tensor
    """`[M]` or `[M, A]`."""
    log_probs: Tensor
    """`[M]`, when they were taken."""
    advantages: Tensor
    """`[M]`."""

    def take(self, rows: Tensor) -> "Decisions":
        """Return some of them."""
        return Decisions(*(column[rows] for column in self))


def actor_critic_loss(
    head: Head, outputs: Tensor, decisions: Decisions, *, clip: float | None = None, entropy: float = 0.0
) -> Tensor:
    """Return the loss whose descent makes actions of positive advantage likelier.

    Args:
        head: of the policy.
        outputs: of the policy for the decisions' observations, `[M, A]`, with a graph.
        decisions: what was done.
        clip: the ratio of probabilities counts from 1 - clip to 1 + clip; null for no bound.
        entropy: weight of the entropy that is held up.

    Returns:
        A scalar.

    Example:
        >>> from gtn_rl.policies import CategoricalHead
        >>> outputs = torch.zeros(1, 2, requires_grad=True)
        >>> done = Decisions(torch.zeros(1, 4), torch.tensor([1]), torch.tensor([0.5]).log(), torch.tensor([2.0]))
        >>> actor_critic_loss(CategoricalHead(2), outputs, done).backward()
        >>> outputs.grad  # minus advantage times the gradient of log pi
        tensor([[ 1., -1.]])
    """
    change = head.log_prob(outputs, decisions.actions) - decisions.log_probs
    ratio = change.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO).exp()
    gain = ratio * decisions.advantages
    if clip is not None:
        gain = torch.minimum(gain, ratio.clamp(1 - clip, 1 + clip) * decisions.advantages)
    loss = -gain.mean()
    return loss - entropy * head.entropy(outputs).mean() if entropy else loss
