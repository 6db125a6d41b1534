"""Tests of the Kafka shell, on a real Kafka."""
