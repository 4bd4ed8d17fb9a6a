"""Keepstep: marketing lists and behaviour scores kept in step with a CRM."""

__version__ = "0.1.0"
