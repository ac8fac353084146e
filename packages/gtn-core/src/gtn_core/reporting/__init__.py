"""What a run shows: a report in one HTML file, the pictures in it, and a table of arms; and how every picture looks.

Importing this package imports matplotlib and jinja2; commands that draw nothing should leave it alone.
"""

from gtn_core.reporting._comparison import ComparisonRow, comparison_table
from gtn_core.reporting._drawing import Picture, house_style, new_figure, picture, style_of, to_png
from gtn_core.reporting._page import page, write_report
from gtn_core.reporting._report import build_report
from gtn_core.reporting._sample_grid import sample_grid
from gtn_core.reporting._study_report import build_study_report

__all__ = [
    "ComparisonRow",
    "Picture",
    "build_report",
    "build_study_report",
    "comparison_table",
    "house_style",
    "new_figure",
    "page",
    "picture",
    "sample_grid",
    "style_of",
    "to_png",
    "write_report",
]
