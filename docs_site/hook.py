"""What MkDocs calls: adds the pages that are made from other places than docs/, and moves their links."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT))  # MkDocs loads this file by its path, and `mkdocs` alone does not look here

from docs_site.links import with_links, without_comments  # noqa: E402
from docs_site.site import Site, make_site  # noqa: E402

__all__ = ["on_config", "on_files", "on_page_markdown"]

_EXTRA: Final = "las_solve_site"
_STYLE: Final = "site.css"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Makes the site anew, also each time that `mkdocs serve` notices a change."""
    site = make_site(_ROOT)
    config.extra[_EXTRA] = site
    config.nav = site.navigation
    config.extra_css = [_STYLE]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what is not in docs/."""
    site = _site(config)
    for path, content in sorted({**site.pages, **site.files}.items()):
        files.append(File.generated(config, path, content=content))
    for path, image in sorted(site.images.items()):
        files.append(File.generated(config, path, abs_src_path=str(image)))
    files.append(File.generated(config, _STYLE, abs_src_path=str(Path(__file__).with_name(_STYLE))))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads links of files in the repository to where these are on the site."""
    site = _site(config)
    path = page.file.src_uri
    for origin, place in site.places.items():
        if place == path and origin.endswith(".md"):
            return with_links(without_comments(markdown), origin, path, site.place)
    return markdown


def _site(config: MkDocsConfig) -> Site:
    site = config.extra[_EXTRA]
    assert isinstance(site, Site)
    return site
