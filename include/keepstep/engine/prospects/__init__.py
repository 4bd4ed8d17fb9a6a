"""The prospect sync: a whole account's prospects with the CRM's leads and contacts, both ways.

    pull_prospects >> push_prospects >> reconcile

Both sides' changes are read and put into the queue; a run takes from it what it may, brings the CRM's values to the
platform, then the platform's to the CRM, and leaves the rest for the next run.
"""
