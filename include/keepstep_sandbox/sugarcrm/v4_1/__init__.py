"""The legacy REST service, v4_1, as SuiteCRM 7.13.2 was recorded to answer."""
