"""Real classic-control environments, many copies stepped as one batch, where Gymnasium steps one after the other."""

from gtn_rl.classic_control._acrobot import BatchedAcrobot
from gtn_rl.classic_control._batched import BatchedEnv
from gtn_rl.classic_control._mountain_car import BatchedMountainCar
from gtn_rl.classic_control._pendulum import BatchedPendulum

BATCHED: dict[str, type[BatchedEnv]] = {
    "Acrobot-v1": BatchedAcrobot,
    "MountainCar-v0": BatchedMountainCar,
    "Pendulum-v1": BatchedPendulum,
}
"""By Gymnasium's id."""

__all__ = ["BATCHED", "BatchedAcrobot", "BatchedEnv", "BatchedMountainCar", "BatchedPendulum"]
