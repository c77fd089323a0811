"""Plans: which tiles become which files. Plain data that depends on the dataset and a few sizes, never on workers."""

from rowmill.plan.planner import Plan, plan

__all__ = ["Plan", "plan"]
