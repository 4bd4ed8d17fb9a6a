"""The systems that a sync can have on either side: one package each, all behind the protocol of `base.py`."""
