"""A lab that breaks a small real system on loopback and keeps its telemetry as topic dumps (docs/lab.md)."""
