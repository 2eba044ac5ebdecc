"""Metrics and spans, read back from the SDK of OpenTelemetry."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dlpcore import Context, Inspector, Limits
from dlpcore.events import Event, Telemetry
from dlpcore.tokenize import Access


def test_inspections_are_counted_and_traced() -> None:
    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    telemetry = Telemetry(MeterProvider([reader]), tracers)
    inspector = Inspector(key=b"k" * 32, limits=Limits(deadline=None))
    payload = b'{"card":"4111111111111111"}'
    for data in (payload, b"{}"):
        assert telemetry.inspect(inspector, data) == inspector.inspect(data)
    telemetry(Event.of_access(Access("detokenize", "", {"credit_card": 3}, Context(), True)))

    data: Any = reader.get_metrics_data()
    metrics = {
        m.name: list(m.data.data_points) for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics
    }
    counts = {p.attributes["dlpcore.action"]: p.value for p in metrics["dlpcore.inspections"]}
    assert counts == {"redact": 1, "allow": 1}
    (found,) = metrics["dlpcore.findings"]
    assert found.value == 1 and found.attributes["dlpcore.rule"] == "credit-card"
    assert sum(p.sum for p in metrics["dlpcore.payload.size"]) == len(payload) + 2
    assert sum(p.count for p in metrics["dlpcore.inspection.duration"]) == 2
    assert metrics["dlpcore.tokens.opened"][0].value == 3

    first, second = spans.get_finished_spans()
    assert first.name == second.name == "dlpcore.inspect"
    assert first.attributes is not None and first.attributes["dlpcore.action"] == "redact"
    assert "4111" not in first.to_json()
