"""Covert channels: a module a family. Each prices what a writer's freedom could hide, and recovers it."""

from __future__ import annotations

from .channel import ChannelReport
from .whitespace import detect as whitespace

__all__ = ["ChannelReport", "whitespace"]
