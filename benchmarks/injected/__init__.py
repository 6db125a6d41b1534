"""Faults put into quiet stretches of recorded telemetry: real noise, known truth, as many cases as one likes."""
