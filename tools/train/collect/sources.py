"""One function for each source of training pictures.

Each takes the checkout of its repository and the collection to add to.
"""

import collections
import json

import cv2
import numpy as np

import coco
import ground
import matfile
import shapes
import solids


# Smaller objects of a photo are blurred when pasted larger.
MIN_PHOTO_PIXELS = 3000
MIN_GAP_SIDE = 208


def read(path):
    """Reads a picture as BGR; None where the file is no picture."""
    return cv2.imread(str(path), cv2.IMREAD_COLOR)


def feral_cats(root, out):
    """Cats outdoors, outlined by polygons.

    Each photo is there up to three times, at random exposure and under salt
    and pepper noise: the cleanest is taken and what noise it has removed.
    """
    versions = collections.defaultdict(list)
    for path in sorted(root.glob("feral*/*/images*/*.jpg")):
        versions[path.name.split(".rf.")[0]].append(path)
    for name in sorted(versions):
        pictures = [(read(path), path) for path in versions[name]]
        picture, path = min(pictures, key=lambda pair: _noise(pair[0]))
        label = path.parent.parent / path.parent.name.replace(
            "images", "labels") / path.with_suffix(".txt").name
        masks = yolo_masks(label, picture.shape[:2])
        _add_instances(out, "cat", _without_specks(picture), masks)


def _noise(picture):
    return np.mean(cv2.absdiff(picture, cv2.medianBlur(picture, 3)))


def _without_specks(picture):
    # JPEG smears a speck over its neighbours, so they are smoothed as well.
    smooth = cv2.medianBlur(picture, 5)
    if _noise(picture) < 5:
        smooth = cv2.medianBlur(picture, 3)
    far = cv2.absdiff(picture, smooth).max(axis=2) > 40
    speck = cv2.dilate(far.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(speck[..., None] > 0, smooth, picture)


def yolo_masks(path, size):
    """Returns the masks of a file of polygons in parts of the picture."""
    masks = []
    for line in path.read_text().splitlines():
        points = np.array(line.split()[1:], float).reshape(-1, 2)
        if len(points) >= 3:
            masks.append(shapes.polygon(points * size[::-1], size))
    return masks


def _add_instances(out, prefix, picture, masks, may_touch=False):
    masks = [shapes.repair(mask) for mask in masks]
    masks = [mask for mask in masks if np.count_nonzero(mask) > 64]
    masks.sort(key=np.count_nonzero, reverse=True)
    covered = np.zeros(picture.shape[:2], np.uint8)
    for mask in masks:
        covered += mask
    for mask in masks:
        # An object under another one has a piece of that one in its mask.
        if np.count_nonzero(covered[mask] > 1) < 0.03 * mask.sum() and (
                np.count_nonzero(mask) > MIN_PHOTO_PIXELS):
            out.add_cutout(prefix, picture, mask, may_touch)
    masks = [mask for mask in masks if mask.mean() < 0.9]
    if masks:
        out.add_photo(prefix, picture, masks)
    _add_gap(out, prefix, picture, covered > 0)


def _add_gap(out, prefix, picture, taken):
    """Adds the largest part of the photo without objects as background."""
    near = cv2.dilate(taken.astype(np.uint8), np.ones((9, 9), np.uint8))
    top, left, height, width = shapes.largest_gap(near > 0)
    if min(height, width) >= MIN_GAP_SIDE:
        out.add_background(
            prefix, picture[top:top + height, left:left + width])


CLOTHING_BACKGROUND = 0


def clothing(root, out):
    """People in the street, labelled by garment: all labels make a person."""
    for path in sorted(root.glob("annotations/pixel-level/*.mat")):
        picture = read(root / "photos" / (path.stem + ".jpg"))
        labels = matfile.read_matrix(path)
        if picture is None or picture.shape[:2] != labels.shape:
            continue
        person = shapes.repair(labels != CLOTHING_BACKGROUND)
        person = shapes.largest_part(person)
        if not 0.03 < person.mean() < 0.8:
            continue
        out.add_cutout("person", picture, person, may_touch=True)
        out.add_photo("person", picture, [person])
        garments = _garments(labels)
        if len(garments) > 1:
            out.add_photo("garment", picture, garments)
        _add_gap(out, "person", picture, labels != CLOTHING_BACKGROUND)


def _garments(labels):
    masks = []
    for label in np.unique(labels[labels > 0]):
        mask = shapes.largest_part(labels == label)
        if np.count_nonzero(mask) > 0.002 * labels.size:
            masks.append(mask)
    return masks


# Living things, food, vehicles and objects: no signs, letters, keys and
# clocks, which are flat squares, and no flags and faces.
NOTO_RANGES = ((0x1F32D, 0x1F393), (0x1F3A0, 0x1F3CF), (0x1F400, 0x1F43E),
               (0x1F451, 0x1F462), (0x1F4A1, 0x1F4F0), (0x1F680, 0x1F6A2),
               (0x1F6F0, 0x1F6FC), (0x1F950, 0x1F96F), (0x1F980, 0x1F9AE),
               (0x1F9E0, 0x1F9FF), (0x1FA70, 0x1FAD7))


def noto_emoji(root, out, limit=350):
    """Drawn animals, food, vehicles and things."""
    paths = []
    for path in sorted(root.glob("png/512/emoji_u1f???.png")):
        code = int(path.stem[len("emoji_u"):], 16)
        if any(first <= code <= last for first, last in NOTO_RANGES):
            paths.append(path)
    _add_drawings(out, "noto", spread(paths, limit))


FLUENT_GROUPS = {"Animals & Nature": 1, "Food & Drink": 1, "Objects": 1,
                 "Travel & Places": 1, "Activities": 1,
                 "People & Body": 4, "Smileys & Emotion": 6}


def fluent_emoji(root, out):
    """Rendered things; of people and faces, much alike, every 4th or 6th."""
    found = collections.defaultdict(list)
    for folder in sorted(root.glob("assets/*")):
        pictures = sorted(folder.glob("3D/*.png"))
        pictures += sorted(folder.glob("Default/3D/*.png"))
        about = folder / "metadata.json"
        if pictures and about.is_file() and "flag" not in folder.name.lower():
            group = json.loads(about.read_text(encoding="utf-8"))["group"]
            found[group].append(pictures[0])
    for group, step in FLUENT_GROUPS.items():
        _add_drawings(out, "fluent", found[group][::step])


def _add_drawings(out, prefix, paths):
    for path in paths:
        rgba = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if rgba is not None and rgba.ndim == 3 and rgba.shape[2] == 4:
            out.add_rgba(prefix, rgba)


def spread(items, number):
    """Returns at most `number` of the items, spread over all of them."""
    if len(items) <= number:
        return items
    return [items[int(i)] for i in np.linspace(0, len(items) - 1, number)]


def groceries(root, out):
    """Fruit and vegetables: on white to cut out, in the shop as background.

    Packages are left out: their faces are brand marks.
    """
    iconic = root / "dataset" / "iconic-images-and-descriptions"
    for path in sorted(iconic.glob("*/**/*_Iconic.jpg")):
        if "Packages" not in path.parts:
            picture = read(path)
            mask = ground.on_white(picture)
            out.add_cutout("grocery", picture, mask)
    paths = [path for path in sorted(root.glob("dataset/train/**/*.jpg"))
             if "Packages" not in path.parts]
    for path in spread(paths, 300):
        out.add_background("grocery", read(path))


# Named one by one: others of the folder serve to measure (01_dog, 02_cups,
# 04_coffee, 05_default_juggle) or may be known from elsewhere.
CLIPS = ("02_hummingbird", "03_blocks", "05_landing_dog_soccer",
         "06_pingpong", "08_driving", "09_birdcartoon", "10_cloth_magic",
         "11_polevault", "12_hideandseek", "13_butterfly",
         "14_social_dog_training", "16_robotarm", "19_cyclist",
         "20_doughkneading", "21_biker", "22_dogskateboarder")


def clip_frames(root, out, per_clip=20):
    """Frames spread over the example clips."""
    for name in CLIPS:
        video = cv2.VideoCapture(str(root / "examples" / (name + ".mp4")))
        count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        for index in np.linspace(0, count - 1, per_clip).astype(int):
            video.set(cv2.CAP_PROP_POS_FRAMES, int(index))
            good, frame = video.read()
            if good:
                out.add_background("clip", frame)


def bedroom(root, out):
    """Frames of the notebook clip, which is there as pictures."""
    frames = sorted(root.glob("notebooks/videos/bedroom/*.jpg"))
    for path in frames[::12]:
        out.add_background("bedroom", read(path))
    for path in sorted(root.glob("notebooks/images/*.jpg")):
        out.add_background("still", read(path))


# The first is sections of the head, the second is drawings.
CALTECH_LEFT_OUT = ("brain", "brontosaurus")


def caltech_part(prefix, folder):
    """Returns a reader of outlined photos of Caltech 101.

    `folder` has a folder for each kind, with an outline beside each photo.
    """
    def read_part(root, out):
        for path in sorted(root.glob(f"{folder}/*/annotation_*.mat")):
            name = path.stem.replace("annotation", "image") + ".jpg"
            picture = read(path.parent / name)
            if picture is None or path.parent.name in CALTECH_LEFT_OUT:
                continue
            mask = shapes.polygon(_caltech_outline(path), picture.shape[:2])
            _add_instances(out, prefix, picture, [mask])
    return read_part


def _caltech_outline(path):
    # Counted from the corner of the box, whose rows come before its columns.
    outline = matfile.read_matrices(path)
    corner = outline["box_coord"].ravel()[[2, 0]].astype(float) - 1
    return outline["obj_contour"].T + corner


def rhinos(root, out):
    """Photos of rhinos of Caltech 101, whose outlines are masks here."""
    for path in sorted(root.glob("data/masks/rhino/*.png")):
        mask = read(path)[..., 0] > 127
        name = path.stem.replace("mask", "image") + ".jpg"
        picture = read(root / "data/images/rhino" / name)
        if picture is not None and picture.shape[:2] == mask.shape:
            _add_instances(out, "rhino", picture, [mask])


def coco_subset(prefix, annotations):
    """Returns a reader of a part of COCO.

    `annotations` is {file of annotations: pattern of its folder of pictures}.
    """
    def read_subset(root, out):
        seen = set()
        for file, pattern in annotations.items():
            for name, objects in coco.open_pictures(root / file):
                paths = sorted(root.glob(f"{pattern}/{name}"))
                picture = read(paths[0]) if paths else None
                if picture is None or name in seen:
                    continue
                seen.add(name)
                masks = [coco.mask_of(polygons, picture.shape[:2])
                         for polygons in objects]
                _add_instances(out, prefix, picture, masks)
    return read_subset


SCANNED_VIEWS = 4
SCANNED_SIDE = 320
# What is of glass has no surface in a scan.
SCANNED_LEFT_OUT = ("022_windex_bottle", "028_skillet_lid")


def scanned_things(root, out):
    """Food, tools, balls and dishes, scanned, each from several sides."""
    random = np.random.default_rng(1)
    for path in sorted(root.glob("ycb/*/google_16k/textured.obj")):
        if path.parent.parent.name in SCANNED_LEFT_OUT:
            continue
        texture = read(path.parent / "texture_map.jpg")
        solid = solids.read_obj(path)
        for _ in range(SCANNED_VIEWS):
            light = random.standard_normal(3)
            light[2] = abs(light[2]) + 0.5
            out.add_rgba("scan", solids.view(
                solid, texture, solids.rotation(random),
                light / np.linalg.norm(light), SCANNED_SIDE))
