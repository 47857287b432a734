"""Write every sample page as a file that a browser can open: `python -m tests.web.preview FOLDER`.

With Chromium on the path, `python -m tests.web.preview FOLDER --shots` photographs them too, at 360, 768 and 1440
pixels, light and dark. Build the front end first (`npx vite build`).
"""

import random
import shutil
import sys
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import ConsoleMessage, sync_playwright

from aftercare.web import render
from tests.web.samples import ALERT, PAGES, PHOTOS, ROWS
from tests.web.stage import ARGUMENTS, Stage

SIZES = ((360, 780), (768, 1024), (1440, 900))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def draw_photo(path: Path, seed: int) -> None:
    """Draw something skin-coloured that nobody can take for a person."""
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    tone = chance.choice(((226, 180, 158), (186, 132, 104), (120, 82, 62), (240, 205, 185)))
    picture = Image.new("RGB", (480, 640), (203, 208, 212))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((90, 60, 390, 580), fill=tone)
    for _ in range(9):
        x, y, r = chance.randint(150, 330), chance.randint(180, 480), chance.randint(8, 34)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(tone[0], max(tone[1] - 38, 0), max(tone[2] - 34, 0)))
    picture = picture.filter(ImageFilter.GaussianBlur(9))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=82)


def write(folder: Path) -> dict[str, Path]:
    """Write pages, assets and photos below `folder`; the addresses of the pages are made relative to it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(render.ASSETS, folder / "assets", dirs_exist_ok=True)
    photos = [row.photo for row in ROWS if row.photo] + list(PHOTOS) + list(ALERT.photos)
    for number, photo in enumerate({photo.id: photo for photo in photos}.values()):
        for address in (photo.thumbnail, photo.display):
            draw_photo(folder / address.lstrip("/"), number)
    files = {}
    for name, page in PAGES.items():
        files[name] = folder / f"{name}.html"
        files[name].write_text(render.render(page))
    return files


def photograph(folder: Path, names: list[str]) -> None:
    """Photograph pages with Debian's Chromium; says what overflows sideways and what the policy refused."""
    with Stage(folder) as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for scheme in SCHEMES:
            for width, height in SIZES:
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                page.on("console", complain)
                for name in names:
                    page.goto(f"{stage.origin}/{name}.html")
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        sys.stderr.write(f"{name} at {width}: {wide} px wide\n")
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                page.close()
        browser.close()


def complain(message: ConsoleMessage) -> None:
    """Pass on what the browser calls an error."""
    if message.type == "error":
        sys.stderr.write(f"console: {message.text}\n")


def main() -> None:
    folder = Path(sys.argv[1])
    files = write(folder)
    if "--shots" in sys.argv:
        wanted = [name for name in sys.argv[3:] if name in files] or list(files)
        photograph(folder, wanted)


if __name__ == "__main__":
    main()
