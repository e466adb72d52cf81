#!/usr/bin/env python3
"""Makes the folder of training pictures from checkouts of its sources."""

import argparse
import sys
from pathlib import Path

import cv2

import sources
from collection import Collection

SOURCES = [
    {
        "repository": "pcashman21/feral-cat-segmentation-dataset-and-model",
        "commit": "c7cdfa43c095a1f9d1892754bcc201e971e375f1",
        "licence": "MIT; pictures and polygons declared Public Domain",
        "taken": "photos of cats with a mask for each cat",
        "prefixes": ["cat"],
        "reader": sources.feral_cats,
    },
    {
        "repository": "bearpaw/clothing-co-parsing",
        "commit": "fe34fb77721a9973fbae92c05f7f12b664d10110",
        "licence": "Apache-2.0",
        "taken": "photos of people, whole and by garment",
        "prefixes": ["person", "garment"],
        "reader": sources.clothing,
    },
    {
        "repository": "googlefonts/noto-emoji",
        "commit": "b3e3051a088047d19fd4d49b1c3ac42fb8c3aaf8",
        "licence": "Apache-2.0 (pictures)",
        "taken": "drawings of animals, food, vehicles and things",
        "prefixes": ["noto"],
        "reader": sources.noto_emoji,
    },
    {
        "repository": "microsoft/fluentui-emoji",
        "checkout": "hickorytechnology/fluent-emojis",
        "commit": "2eddfacb2afb6fef982c900734ae4ff5bff4c7a0",
        "licence": "MIT (Microsoft Corporation)",
        "taken": "3D renderings of animals, food, vehicles and things",
        "prefixes": ["fluent"],
        "reader": sources.fluent_emoji,
    },
    {
        "repository": "marcusklasson/GroceryStoreDataset",
        "commit": "fc80ba90f803d79d0383df52c5a4ac5de99ff6fc",
        "licence": "MIT",
        "taken": "fruit and vegetables on white, and in the shop",
        "prefixes": ["grocery"],
        "reader": sources.groceries,
    },
    {
        "repository": "facebookresearch/EdgeTAM",
        "commit": "9cc44bfe9e16cc374242917b91283c718410ea87",
        "licence": "Apache-2.0",
        "taken": "frames of example clips",
        "prefixes": ["clip"],
        "reader": sources.clip_frames,
    },
    {
        "repository": "facebookresearch/sam2",
        "commit": "2b90b9f5ceec907a1c18123530e92e794ad901a4",
        "licence": "Apache-2.0",
        "taken": "frames of the notebook clip, photos of the notebooks",
        "prefixes": ["bedroom", "still"],
        "reader": sources.bedroom,
    },
]


def main():
    """Reads the command line and collects; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True,
                        help="folder of the checkouts, OWNER+NAME each")
    parser.add_argument("--output", type=Path, required=True,
                        help="folder to write to, made where missing")
    parser.add_argument("--only", nargs="*", metavar="OWNER/NAME",
                        help="take these sources only")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    out = Collection(options.output)
    taken, missing = [], []
    for source in SOURCES:
        name = source["repository"]
        checkout = source.get("checkout", name)
        root = options.sources / checkout.replace("/", "+")
        if options.only and name not in options.only:
            continue
        if not root.is_dir():
            missing.append(checkout)
            continue
        source["reader"](root, out)
        taken.append({key: value for key, value in source.items()
                      if key != "reader"})
        out.write_sources(taken)
        print(name, out.counts_of(source["prefixes"]), flush=True)
    for name in missing:
        print(f"No checkout of {name}: left out.", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
