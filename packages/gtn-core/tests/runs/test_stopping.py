"""Signals: noted, acted on at a safe moment, and put back."""

import os
import signal

import pytest

from gtn_core.runs import RunStopped, StopSignal


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_acted_on_when_the_work_looks(number, code):
    saved = []
    with StopSignal() as stop:
        stop.check()
        os.kill(os.getpid(), number)
        with pytest.raises(RunStopped, match="--resume") as stopped:
            stop.check(lambda: saved.append(True))
    assert stopped.value.exit_code == code
    assert saved == [True]


def test_the_handlers_from_before_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with StopSignal():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
