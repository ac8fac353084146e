"""Generated demonstrations and generated environments that teach reinforcement-learning agents."""

from gtn_rl.__about__ import __version__ as __version__
