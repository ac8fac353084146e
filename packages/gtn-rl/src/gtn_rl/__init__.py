"""Generated demonstrations and generated environments that teach reinforcement-learning agents."""

from gtn_rl.__about__ import __version__
from gtn_rl.demonstrations import Demonstrations
from gtn_rl.policies import MLPFamily

__all__ = ["Demonstrations", "MLPFamily", "__version__"]
