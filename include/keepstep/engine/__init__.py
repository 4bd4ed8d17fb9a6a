"""The shell around the core: reads, plans, applies; one module a task of the chain.

    pull_list >> compute_behavior_score >> push_score >> reconcile

Each task is a function of a `RunContext`; each may be killed anywhere and called again with the same run.
"""
