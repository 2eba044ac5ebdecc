"""Tests of tokenization."""
