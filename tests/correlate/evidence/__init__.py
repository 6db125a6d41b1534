"""Tests of the judges of changes, one file a kind of evidence."""
