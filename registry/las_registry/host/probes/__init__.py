"""Looks at the machine, one thing a file."""

from las_registry.host.probes.probe import Findings, Probe

__all__ = ["Findings", "Probe"]
