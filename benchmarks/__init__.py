"""Ratios within one run on one machine; see docs/performance.md for what is equal and what is not."""
