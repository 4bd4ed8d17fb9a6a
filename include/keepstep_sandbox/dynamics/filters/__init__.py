"""`$filter` and `$orderby`: words, a tree of conditions, and rows that meet them."""
