"""People of a CRM who belong to no company: listed, matched with companies, written where a person says so.

Companies are only ever read (SF-3): the one field that is written is the person's reference to its company.
"""
