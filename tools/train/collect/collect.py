#!/usr/bin/env python3
"""Makes the folder of training pictures from checkouts of its sources."""

import argparse
import sys
from pathlib import Path

import cv2

import sources
from collection import Collection

COCO_LICENCE = ("masks CC BY 4.0 (COCO); pictures CC BY 2.0, CC BY-SA 2.0, "
                "no known copyright or US government work, others left out")

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
    {
        "repository": "lopezm94/Simple-Image-Classifier",
        "commit": "c1f14b555fa801247d7ef797b04eb776bc7033c9",
        "licence": "CC BY 4.0 (Caltech 101, of which it is a part)",
        "taken": "photos of aircraft, cars, plants and things, outlined",
        "prefixes": ["thing"],
        "reader": sources.caltech_part("thing", "PrCategories_imatges"),
    },
    {
        "repository": "jaimearroyo7/Animal_Recognition",
        "commit": "2549d3477280cd6414527142b7e3ee78b5c4a374",
        "licence": "CC BY 4.0 (Caltech 101, of which it is a part)",
        "taken": "photos of animals, outlined",
        "prefixes": ["animal"],
        "reader": sources.caltech_part("animal", "imatges_animals"),
    },
    {
        "repository": "carlotavz/computer-vision-animal-segmentation",
        "commit": "d8bfc0afc4c2c0abf6ed8b1c79d38fb351b57889",
        "licence": "CC BY 4.0 (Caltech 101, of which it is a part)",
        "taken": "photos of rhinos with a mask each",
        "prefixes": ["rhino"],
        "reader": sources.rhinos,
    },
    {
        "repository": "elpis-lab/ycb_dataset",
        "commit": "de71485f9d582d8d59fd8721442260ead15729b4",
        "licence": "CC BY 4.0 (YCB object models); MIT (the repository)",
        "taken": "pictures of scanned food, tools, balls and dishes",
        "prefixes": ["scan"],
        "reader": sources.scanned_things,
    },
    {
        "repository": "Obmutescence/COCO-MINI",
        "commit": "644f29e7c1d2eefd9c4412d39bc5b0ee6fd0afd4",
        "licence": COCO_LICENCE,
        "taken": "photos with all their objects",
        "prefixes": ["cocomini"],
        "reader": sources.coco_subset("cocomini", {
            "annotations/instances_train2017.json": "train2017",
            "annotations/instances_val2017.json": "val2017"}),
    },
    {
        "repository": "zzowenzz/COCO_Tiny",
        "commit": "e7a689f7d6d1a1908df287c3e79eccdadfdba1fe",
        "licence": COCO_LICENCE,
        "taken": "photos with all their objects",
        "prefixes": ["cocotiny"],
        "reader": sources.coco_subset("cocotiny", {
            "annotations/instances_train2017.json": "train2017",
            "annotations/instances_val2017.json": "val2017"}),
    },
    {
        "repository": "developer0hye/COCO128",
        "commit": "47a3de30aaf7ad1c02105bd80598fb03ac0d0789",
        "licence": COCO_LICENCE,
        "taken": "photos with all their objects",
        "prefixes": ["coco128"],
        "reader": sources.coco_subset("coco128", {
            "annotations/instances_train2017.json": "train2017"}),
    },
    {
        "repository": "274869388/debug_dataloader",
        "commit": "6785250509189bf3ff2562a7cffcc9215d0bbe6f",
        "licence": COCO_LICENCE,
        "taken": "photos with all their objects",
        "prefixes": ["cocosome"],
        "reader": sources.coco_subset("cocosome", {
            "data/coco/annotations/instances_train2017.json":
                "data/coco/train2017"}),
    },
    {
        "repository": "lizhogn/tiny_coco_dataset",
        "commit": "68523ddd6c27f9ba5d2f0caf7f6fe95cc2c99311",
        "licence": COCO_LICENCE,
        "taken": "photos with all their objects",
        "prefixes": ["cocomore"],
        "reader": sources.coco_subset("cocomore", {
            "tiny_coco/annotations/instances_train2017.json":
                "tiny_coco/train2017"}),
    },
    {
        "repository": "enginbozaba/tiny_coco",
        "commit": "44ee1df5a4f5c3fa6ab7c68d85a0d45590758584",
        "licence": COCO_LICENCE,
        "taken": "photos with all their objects",
        "prefixes": ["cocofew"],
        "reader": sources.coco_subset("cocofew", {
            "annotations/instances_train2017.json": "images/train2017",
            "annotations/instances_val2017.json": "images/val2017"}),
    },
    {
        "repository": "mchoccie/DeepDataMiningLearning",
        "commit": "13136af80a7d3fc5eb26559bb52ae7d07143737a",
        "licence": COCO_LICENCE,
        "taken": "photos with their people, cars and cycles",
        "prefixes": ["cocoroad"],
        "reader": sources.coco_subset("cocoroad", {
            "data/annotations/instances_train2017.json": "data/images",
            "data/annotations/instances_val2017.json": "data/images"}),
    },
    {
        "repository": "jiangkx/ATSS",
        "commit": "d61fd19069317cf5d040a1a21dc07b3b379b1f6b",
        "licence": COCO_LICENCE,
        "taken": "photos with their people",
        "prefixes": ["cocopeople"],
        "reader": sources.coco_subset("cocopeople", {
            "data/coco/annotations/instances_train2017.json":
                "data/coco/images/train2017"}),
    },
    {
        "repository": "minto5z/coco_yolo",
        "commit": "4715f5ca05a6ffc148d4c4e5b0a131663655f2be",
        "licence": COCO_LICENCE,
        "taken": "photos with one person",
        "prefixes": ["cocoperson"],
        "reader": sources.coco_subset("cocoperson", {
            "coco/annotations/instances_val2017.json": "coco/images/*"}),
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
