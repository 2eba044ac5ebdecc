"""Events and audit: what was decided and who saw what, in the words of SIEMs, and in a log that shows tampering."""

from __future__ import annotations

from .audit import AuditLog, Verified, audit_key, verify
from .cef import cef
from .ecs import ecs
from .ocsf import ocsf
from .record import Event, Observed, opened
from .report import access_review, breach_report
from .sinks import LAYOUTS, JSONLinesSink, Layout, LoggingSink, Sink, SyslogSink
from .telemetry import Telemetry

__all__ = [
    "LAYOUTS",
    "AuditLog",
    "Event",
    "JSONLinesSink",
    "Layout",
    "LoggingSink",
    "Observed",
    "Sink",
    "SyslogSink",
    "Telemetry",
    "Verified",
    "access_review",
    "audit_key",
    "breach_report",
    "cef",
    "ecs",
    "ocsf",
    "opened",
    "verify",
]
