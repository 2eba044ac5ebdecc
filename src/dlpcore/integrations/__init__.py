"""Adapters to other programs and libraries; each loads what it adapts only when it is used."""
