"""Safe and fast second derivatives of what learners are made of."""

from gtn_core._second_derivatives._replacements import second_derivatives

__all__ = ["second_derivatives"]
