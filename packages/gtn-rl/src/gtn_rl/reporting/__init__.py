"""What a run of gtn-rl shows: a report in one HTML file.

Importing this package imports matplotlib and jinja2; commands that draw nothing should leave it alone.
"""

from gtn_rl.reporting._curves import measure_curves
from gtn_rl.reporting._report import build_report

__all__ = ["build_report", "measure_curves"]
