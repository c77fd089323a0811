"""Synthetic against real: how faithful, how private, how useful, each beside what real and independent rows score."""
