"""The file of scores: a row for each genotype, on the disk before the next one is scored."""

import csv
import os
from io import StringIO
from pathlib import Path

from gtn_core._reading import read_bounded
from gtn_core.errors import ConfigurationError, RunError
from gtn_core.runs import append_line
from gtn_nas.evaluation import Score
from gtn_nas.spaces import Cost
from gtn_nas.tables._reading import LARGEST, Table, read_table

COLUMNS = ("genotype", "score", "score_std", "seconds", "params", "flops", "status")
HEADER = f"{','.join(COLUMNS)}\n".encode()


class ScoreFile:
    """A CSV file that grows by whole rows.

    Every row is one write, brought to the disk. What a crash may have left of a last row is cut off when the file is
    opened again.

    Args:
        path: of the file, made with its folder where there is none.

    Raises:
        RunError: the file is there and holds something else, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = read_bounded(path, LARGEST) if path.exists() else b""
            if HEADER.startswith(content):  # nothing, or a header that a crash has torn
                path.write_bytes(HEADER)
            elif content.startswith(HEADER):
                os.truncate(path, content.rfind(b"\n") + 1)
            else:
                raise RunError(f"{path} holds no scores of `gtn-nas rank`; name another file with --out")
        except ConfigurationError as error:
            raise RunError(f"{error}; name another file with --out") from error
        except OSError as error:
            raise RunError(f"cannot write to {path}: {error.strerror}; name another file with --out") from error

    def table(self) -> Table:
        """Return what is in the file."""
        return read_table(self.path)

    def append(self, genotype: str, score: Score, cost: Cost) -> None:
        """Add a row.

        Raises:
            RunError: it cannot be written.
        """
        seconds = f"{score.seconds:.4f}"
        text = StringIO()
        values = (genotype, score.score, score.score_std, seconds, cost.params, cost.flops, score.status)
        csv.writer(text, lineterminator="\n").writerow(values)
        append_line(self.path, text.getvalue().encode())
