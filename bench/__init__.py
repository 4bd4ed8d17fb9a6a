"""What a sync and a rescore cost: `python -m bench`."""
