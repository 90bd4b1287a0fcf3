"""``python -m docs.website``: build the site into a folder, strictly."""

import logging
import sys
from pathlib import Path

from docs.website.build import build_site

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "site")
    n_pages = build_site(out)
    print(f"{n_pages} pages in {out}; open {out / 'index.html'}")
