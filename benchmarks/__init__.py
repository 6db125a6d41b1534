"""One file a question: `python -m benchmarks QUESTION [--json]`."""
