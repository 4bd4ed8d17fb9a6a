"""The made-up CRM's own tests run in the copy that it is put into, not here."""

collect_ignore = ["files"]
