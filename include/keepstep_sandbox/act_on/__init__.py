"""A sandbox of Act-On: /token and the /api/1 surface with its marketing lists, opt-outs, behaviour and mail reports.

Where the vendor's documents contradict each other or are silent, a setting chooses; `settings.py` lists them all.

Left out: /ucl/v2 (the unified contact list), /custom-objects, /ete, the authorization_code grant, form, page and media
reports, custom event uploads, sending mail, and everything that only the UI has (segments, automated programs).
"""

from keepstep_sandbox.act_on.app import create_app
from keepstep_sandbox.act_on.settings import ActOnSettings, DateStyle, Matches, PagingOrder, TimeUnit

__all__ = ["ActOnSettings", "DateStyle", "Matches", "PagingOrder", "TimeUnit", "create_app"]
