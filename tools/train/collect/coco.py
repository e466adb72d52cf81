"""Reads pictures that come with instances in the format of COCO."""

import collections
import json

import shapes

# COCO takes its pictures from many authors: only these licences allow to
# publish what is made from a picture, changed or not.
OPEN_LICENCES = ("/licenses/by/", "/licenses/by-sa/",
                 "flickr.com/commons/usage/", "usa.gov/copyright")


def open_pictures(path):
    """Yields (file name, [list of polygons]) of pictures free to use.

    Polygons are lists of x, y, x, y in pixels; an object may have several.
    Crowds, which are masks of many, and run lengths are left out.
    """
    about = json.loads(path.read_text(encoding="utf-8"))
    objects = collections.defaultdict(list)
    for row in about["annotations"]:
        polygons = row.get("segmentation")
        if isinstance(polygons, list) and polygons and not row["iscrowd"]:
            objects[row["image_id"]].append(polygons)
    licences = _open_ids(about.get("licenses") or COCO_LICENCES)
    for row in sorted(about["images"], key=lambda row: row["file_name"]):
        if row.get("license") in licences and objects[row["id"]]:
            yield row["file_name"], objects[row["id"]]


# The list of the original, for copies that left it out.
COCO_LICENCES = [
    {"id": 4, "url": "http://creativecommons.org/licenses/by/2.0/"},
    {"id": 5, "url": "http://creativecommons.org/licenses/by-sa/2.0/"},
    {"id": 7, "url": "http://flickr.com/commons/usage/"},
    {"id": 8, "url": "http://www.usa.gov/copyright.shtml"},
]


def _open_ids(licences):
    # Some copies escaped the slashes twice.
    return {row["id"] for row in licences
            if any(part in row["url"].replace("\\", "")
                   for part in OPEN_LICENCES)}


def mask_of(polygons, size):
    """Returns the mask of an object of one or more polygons."""
    mask = shapes.polygon(_points(polygons[0]), size)
    for polygon in polygons[1:]:
        mask |= shapes.polygon(_points(polygon), size)
    return mask


def _points(numbers):
    return [numbers[i:i + 2] for i in range(0, len(numbers) - 1, 2)]
