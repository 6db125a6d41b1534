"""Tests of correlate/postmortem/."""
