"""The folder of training pictures and the checks every picture passes."""

import json
from pathlib import Path

import cv2
import numpy as np

import shapes

CUTOUT_SIDE = 320
PICTURE_SIDE = 640
MIN_OPAQUE_PIXELS = 400
MAX_INSTANCES = 255


class Collection:
    """Writes cut-outs, labelled photos and backgrounds below one folder.

    Names are PREFIX_NNNNNN, counted from 0 for each prefix and kind. Pictures
    are BGR, 8 bits a channel; masks are arrays of bool of the same size.
    """

    def __init__(self, root):
        self.root = Path(root)
        self.counts = {}
        for kind in ("cutouts", "photos", "backgrounds"):
            (self.root / kind).mkdir(parents=True, exist_ok=True)

    def add_cutout(self, prefix, picture, mask, may_touch=False):
        """Adds the object under `mask` unless its shape is of no use.

        Objects that the border of the picture cuts are left out, or with
        `may_touch` only those cut elsewhere than below. Returns whether it
        was added.
        """
        if not shapes.is_plausible(mask) or shapes.is_cut(mask, may_touch):
            return False
        return self.add_rgba(prefix, shapes.cut_out(picture, mask))

    def add_rgba(self, prefix, rgba):
        """Adds a picture that has its alpha already (BGRA)."""
        rgba = shapes.shrink(shapes.crop_to_alpha(rgba), CUTOUT_SIDE)
        opaque = np.count_nonzero(rgba[..., 3] > 250)
        if opaque < MIN_OPAQUE_PIXELS or min(rgba.shape[:2]) < 16:
            return False
        cv2.imwrite(str(self._next("cutouts", prefix, ".png")), rgba)
        return True

    def add_photo(self, prefix, picture, masks):
        """Adds a photo with one label per mask, later masks on top."""
        labels = np.zeros(picture.shape[:2], np.uint8)
        for mask in masks[:MAX_INSTANCES]:
            labels[mask] = labels.max() + 1
        picture = shapes.shrink(picture, PICTURE_SIDE)
        size = (picture.shape[1], picture.shape[0])
        labels = shapes.renumber(
            cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST))
        if labels.max() == 0:
            return False
        path = self._next("photos", prefix, ".jpg")
        write_jpeg(path, picture)
        cv2.imwrite(str(path.with_suffix(".png")), labels)
        return True

    def add_background(self, prefix, picture):
        """Adds a photo or frame without masks."""
        picture = shapes.shrink(picture, PICTURE_SIDE)
        write_jpeg(self._next("backgrounds", prefix, ".jpg"), picture)

    def write_sources(self, sources):
        """Writes SOURCES.json: what each source is and gave.

        What it says of other sources, collected earlier, stays.
        """
        path = self.root / "SOURCES.json"
        old = json.loads(path.read_text()) if path.is_file() else []
        names = [source["repository"] for source in sources]
        rows = [row for row in old if row["repository"] not in names]
        rows += [dict(source, counts=self.counts_of(source["prefixes"]))
                 for source in sources]
        rows.sort(key=lambda row: row["repository"].lower())
        text = json.dumps(rows, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    def counts_of(self, prefixes):
        """Returns {kind: {prefix: number}} for the prefixes that gave any."""
        counts = {}
        for (kind, prefix), number in sorted(self.counts.items()):
            if prefix in prefixes:
                counts.setdefault(kind, {})[prefix] = number
        return counts

    def _next(self, kind, prefix, suffix):
        number = self.counts.get((kind, prefix), 0)
        self.counts[kind, prefix] = number + 1
        return self.root / kind / f"{prefix}_{number:06d}{suffix}"


def write_jpeg(path, picture):
    """Writes a JPEG of a quality at which blocks do not show."""
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
