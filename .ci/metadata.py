"""What of the wheel's metadata depends on where the project is: the readme's links, the URLs.

On GitHub the environment says which repository it is (``GITHUB_REPOSITORY``, ``owner/name``). There
the links of the readme become whole addresses, as nothing lies beside it on PyPI. Elsewhere nobody
knows where they would lead, so each is its text alone and pictures are left out: no link is broken.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z]+:)([^()\s]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    """Adds ``readme`` and ``urls``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Change the metadata in place."""
        repository = os.environ.get("GITHUB_REPOSITORY", "")
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": readme(text, repository)}
        metadata["urls"] = urls(repository)


def readme(text: str, repository: str) -> str:
    """Return the readme with links that work where no other file is."""

    def replaced(found: re.Match[str]) -> str:
        image, label, target = found.groups()
        if not repository:
            return "" if image else label
        if image:
            return f"![{label}](https://raw.githubusercontent.com/{repository}/HEAD/{target})"
        return f"[{label}](https://github.com/{repository}/blob/HEAD/{target})"

    return LINK.sub(replaced, text)


def urls(repository: str) -> dict[str, str]:
    """Return the project's addresses; none where nobody knows them."""
    if not repository:
        return {}
    owner, _, name = repository.partition("/")
    home = f"https://github.com/{repository}"
    return {
        "Documentation": f"https://{owner}.github.io/{name}/",
        "Source": home,
        "Issues": f"{home}/issues",
        "Changelog": f"{home}/blob/HEAD/CHANGELOG.md",
    }
