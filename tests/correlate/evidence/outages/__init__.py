"""Small outages, told in code: which change began each of them, or that none did."""
