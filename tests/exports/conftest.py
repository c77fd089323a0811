"""Exported rules in the tools that they are for. Dear, so they are asked for: ``make test-exports``."""

from __future__ import annotations

from support.switches import switch

collect_ignore_glob = [] if switch("ROWMILL_EXPORTS") else ["test_*.py"]
