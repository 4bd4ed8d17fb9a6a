"""The subset of SQL conditions that clients of the legacy service write."""
