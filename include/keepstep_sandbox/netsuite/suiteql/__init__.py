"""A small SuiteQL: the SELECT statements that clients need, really evaluated; anything else is refused."""
