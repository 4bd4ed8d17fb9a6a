"""Lets failures in the suite's own modules show their values."""

import pytest

for _module in ("suite", "list_suite", "reading", "writing", "trouble", "words"):
    pytest.register_assert_rewrite(f"tests.contract.{_module}")
