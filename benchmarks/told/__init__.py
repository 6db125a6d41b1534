"""Outages told in YAML: what broke, what it logged, which change began it (or none), and which innocent changes lay around it."""
