"""Run directories: checkpoints that are whole or absent, exact resume, metrics, and stopping at a signal."""

from gtn_core.runs._checkpoint import Checkpoint
from gtn_core.runs._directory import RunDirectory
from gtn_core.runs._files import write_atomically
from gtn_core.runs._metrics import MetricsLog, NoMetrics
from gtn_core.runs._progress import Progress, SilentProgress
from gtn_core.runs._reading import OuterStep, Timing, read_metrics, read_timings
from gtn_core.runs._stopping import RunStopped, StopSignal

__all__ = [
    "Checkpoint",
    "MetricsLog",
    "NoMetrics",
    "OuterStep",
    "Progress",
    "RunDirectory",
    "RunStopped",
    "SilentProgress",
    "StopSignal",
    "Timing",
    "read_metrics",
    "read_timings",
    "write_atomically",
]
