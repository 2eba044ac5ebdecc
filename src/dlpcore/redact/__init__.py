"""Edits of what was found: by splices of the original bytes, through every encoding that it was found in."""

from __future__ import annotations

from .channels import emptied_by, stronger
from .splice import Fixed, Replace, Request, Splice, apply, splice
from .styles import replacing

__all__ = ["Fixed", "Replace", "Request", "Splice", "apply", "emptied_by", "replacing", "splice", "stronger"]
