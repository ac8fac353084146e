"""Silence around `datasets`, whose bars, log lines and warnings would mix with the output of a command."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_LOGGERS = ("datasets", "huggingface_hub", "fsspec")


@contextmanager
def quiet() -> Iterator[None]:
    """Run the body without bars, log lines and warnings, and put everything back as it was."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        import datasets  # sets the levels of its loggers, so it comes first
        from huggingface_hub import utils as hub

        for name in _LOGGERS:
            logger = logging.getLogger(name)
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.CRITICAL + 1)
        for library in (datasets, hub):
            if not library.are_progress_bars_disabled():
                stack.callback(library.enable_progress_bars)
                library.disable_progress_bars()
        yield
