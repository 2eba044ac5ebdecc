"""Inspectors around web applications (ASGI, WSGI), and around single messages that something else carries."""

from ._options import Options

__all__ = ["Options"]
