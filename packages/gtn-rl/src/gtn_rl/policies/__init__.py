"""Policy networks: families of random width and depth, heads for discrete and continuous actions, value networks."""

from gtn_rl.policies._family import MLPFamily, Policy
from gtn_rl.policies._heads import CategoricalHead, GaussianHead, Head, head_for
from gtn_rl.policies._networks import ACTIVATIONS, Activation, Initialization, ValueNetwork, mlp
from gtn_rl.policies._spaces import ActionSpace, checked_action_space, observation_size
from gtn_rl.policies._stacked import StackedPolicies, stacked

__all__ = [
    "ACTIVATIONS",
    "ActionSpace",
    "Activation",
    "CategoricalHead",
    "GaussianHead",
    "Head",
    "Initialization",
    "MLPFamily",
    "Policy",
    "StackedPolicies",
    "ValueNetwork",
    "checked_action_space",
    "head_for",
    "mlp",
    "observation_size",
    "stacked",
]
