"""What there is: modules and their manifests, the machine, and the states of what is installed."""

from las_registry.problem import InvalidFile, Problem, RegistryUnusable
from las_registry.registry import Registry, default_directories

__all__ = ["InvalidFile", "Problem", "Registry", "RegistryUnusable", "default_directories"]
