"""The endpoints of the service, one file a resource."""

from __future__ import annotations

from las_cli.serve.routes import health, hosts, lifecycle, questions, registry

__all__ = ["ROUTERS"]

ROUTERS = (questions.router, registry.router, hosts.router, lifecycle.router, health.router)
"""All of them."""
