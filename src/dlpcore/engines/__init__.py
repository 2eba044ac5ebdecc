"""The engines that apply rules to subjects and to bytes: patterns, YARA, and the slow references for tests."""
