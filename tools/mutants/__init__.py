"""The core, broken one rule at a time: every break must be seen by a test of the core."""
