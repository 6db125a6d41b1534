"""Alerts as evidence: how surprising they are together, when a burst of them is one incident, and whom they accuse."""

from correlate.alarms.alarms import AlarmBurst, Alarms

__all__ = ["AlarmBurst", "Alarms"]
