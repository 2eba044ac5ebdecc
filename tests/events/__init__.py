"""Tests of events and audit."""
