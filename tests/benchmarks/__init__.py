"""Tests of the benchmarks and of the lab that records outages."""
