"""For tests of destinations and of programs that write to them: a bucket in memory, and faults at every operation."""

from rowmill.testing.faults import Crash, Faults
from rowmill.testing.memory import Clock, MemoryBucket, MemoryBuckets

__all__ = ["Clock", "Crash", "Faults", "MemoryBucket", "MemoryBuckets"]
