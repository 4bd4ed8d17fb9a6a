"""Servers that act like the real systems on the wire, with people and weather on demand; in memory, for loopback only.

Shares no code with the product, so that one misreading of an API doesn't stand on both sides.
"""
