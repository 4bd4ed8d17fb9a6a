"""A small SOQL: the SELECT statements that clients need, really evaluated; anything else is refused."""
