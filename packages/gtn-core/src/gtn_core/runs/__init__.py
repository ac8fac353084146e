"""Run directories: checkpoints that are whole or absent, exact resume, metrics, and stopping at a signal."""

from gtn_core._files import append_line, tensor_bytes, write_atomically, write_together
from gtn_core.runs._checkpoint import Checkpoint
from gtn_core.runs._directory import RunDirectory
from gtn_core.runs._gradient_guard import GradientGuard
from gtn_core.runs._loop_state import LoopState
from gtn_core.runs._metrics import MetricsLog, NoMetrics
from gtn_core.runs._progress import Progress, SilentProgress
from gtn_core.runs._reading import OuterStep, Timing, outer_loop_seconds, read_metrics, read_steps, read_timings
from gtn_core.runs._stopping import RunStopped, StopSignal

__all__ = [
    "Checkpoint",
    "GradientGuard",
    "LoopState",
    "MetricsLog",
    "NoMetrics",
    "OuterStep",
    "Progress",
    "RunDirectory",
    "RunStopped",
    "SilentProgress",
    "StopSignal",
    "Timing",
    "append_line",
    "outer_loop_seconds",
    "read_metrics",
    "read_steps",
    "read_timings",
    "tensor_bytes",
    "write_atomically",
    "write_together",
]
