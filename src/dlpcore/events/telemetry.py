"""Metrics and spans of inspections through the API of OpenTelemetry: counts, times, sizes; nothing of a payload."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtra
from ..model import Context, Severity, Verdict
from .record import Event
from .version import VERSION

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from ..inspector import Inspector

__all__ = ["Telemetry"]

_SCOPE = "dlpcore"


class Telemetry:
    """Counts and traces what inspectors do. Thread-safe.

    =============================== ========= ============================================
    ``dlpcore.inspections``         counter   attribute ``dlpcore.action``, ``dlpcore.complete``
    ``dlpcore.findings``            counter   ``dlpcore.rule``, ``dlpcore.severity``, ``dlpcore.action``
    ``dlpcore.inspection.duration`` histogram seconds
    ``dlpcore.payload.size``        histogram bytes
    ``dlpcore.tokens.opened``       counter   ``dlpcore.entity``, ``dlpcore.allowed``
    =============================== ========= ============================================

    Args:
        meter_provider, tracer_provider: those of the process, if not given.

    Raises:
        MissingExtra: opentelemetry-api is not installed.
    """

    def __init__(
        self, meter_provider: MeterProvider | None = None, tracer_provider: TracerProvider | None = None
    ) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            raise MissingExtra("telemetry needs opentelemetry-api: pip install 'dlpcore[otel]'") from None
        meter = metrics.get_meter(_SCOPE, VERSION, meter_provider)
        self._tracer = trace.get_tracer(_SCOPE, VERSION, tracer_provider)
        self._inspections = meter.create_counter("dlpcore.inspections", "{inspection}", "Payloads inspected")
        self._findings = meter.create_counter("dlpcore.findings", "{finding}", "Findings above info")
        self._duration = meter.create_histogram("dlpcore.inspection.duration", "s", "Time of an inspection")
        self._size = meter.create_histogram("dlpcore.payload.size", "By", "Size of a payload")
        self._opened = meter.create_counter("dlpcore.tokens.opened", "{token}", "Tokens that were asked for")

    def inspect(self, inspector: Inspector, payload: Any, context: Context | None = None, **options: Any) -> Verdict:
        """``inspector.inspect`` in a span ``dlpcore.inspect``, and counted."""
        with self._tracer.start_as_current_span("dlpcore.inspect", record_exception=False) as span:
            start = time.perf_counter()
            verdict = inspector.inspect(payload, context, **options)
            took = time.perf_counter() - start
            attributes: dict[str, str | bool] = {
                "dlpcore.action": str(verdict.action),
                "dlpcore.complete": verdict.complete,
            }
            span.set_attributes(attributes)
            span.set_attribute("dlpcore.risk", round(verdict.risk, 4))
            span.set_attribute("dlpcore.findings", len(verdict.findings))
            span.set_attribute("dlpcore.policy", inspector.policy.name)
            self._inspections.add(1, attributes)
            self._duration.record(took, {"dlpcore.action": str(verdict.action)})
            size = len(payload) if isinstance(payload, (bytes, bytearray)) else None
            if size is not None:
                self._size.record(size)
            for finding in verdict.findings:
                if finding.severity > Severity.INFO:
                    self._findings.add(
                        1,
                        {
                            "dlpcore.rule": finding.rule,
                            "dlpcore.severity": str(finding.severity),
                            "dlpcore.action": str(finding.action),
                        },
                    )
        return verdict

    def __call__(self, event: Event) -> None:
        """Counts the tokens of an event; as a sink beside others, with :func:`~dlpcore.events.opened`."""
        if event.operation == "detokenize":
            for entity, count in event.entities.items():
                self._opened.add(count, {"dlpcore.entity": entity, "dlpcore.allowed": event.allowed})
