"""REST v10, v11 and v11_N."""
