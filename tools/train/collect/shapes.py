"""Masks of objects: repair, judge, and cut out with a soft edge."""

import cv2
import numpy as np

BORDER_SHARE = 0.15
MAX_PICTURE_SHARE = 0.9
MAX_HOLE_SHARE = 0.01
MARGIN = 2


def shrink(picture, side):
    """Returns the picture with its longest side at most `side` pixels."""
    scale = side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)),
            max(1, round(picture.shape[0] * scale)))
    if picture.shape[2:] != (4,):
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return _shrink_rgba(picture, size)


def _shrink_rgba(picture, size):
    # Weighted by alpha: colours of clear pixels would darken the edge.
    alpha = picture[..., 3:].astype(np.float32) / 255
    colour = picture[..., :3] * alpha
    alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    colour = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    colour = colour / np.maximum(alpha, 1e-3)[..., None]
    whole = np.dstack([colour, alpha * 255])
    return np.clip(whole + 0.5, 0, 255).astype(np.uint8)


def polygon(points, size):
    """Returns the mask of a polygon; points are (x, y) in pixels."""
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
    return mask.astype(bool)


def repair(mask):
    """Returns the mask without specks and pinholes."""
    mask = cv2.medianBlur(mask.astype(np.uint8), 5)
    least = max(30, int(MAX_HOLE_SHARE * np.count_nonzero(mask)))
    mask = _fill_small(mask, least, 1)
    return _fill_small(mask, least, 0).astype(bool)


def _fill_small(mask, least, value):
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (mask == value).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < least
    small[0] = False
    return np.where(small[labels], 1 - value, mask).astype(np.uint8)


def largest_part(mask, least_share=0.15):
    """Keeps the parts that are not small beside the largest one."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8)
    if count <= 1:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = np.flatnonzero(areas >= least_share * areas.max())
    return np.isin(labels, kept[kept > 0])


def is_plausible(mask):
    """Tells whether a mask can be an object: not all, not nothing."""
    share = np.count_nonzero(mask) / mask.size
    height, width = extent(mask)
    if share == 0 or share > MAX_PICTURE_SHARE or min(height, width) < 16:
        return False
    # Less than this of its box: lines and scattered crumbs.
    return np.count_nonzero(mask) / (height * width) > 0.12


def extent(mask):
    """Returns height and width of the box around the mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return 0, 0
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def is_cut(mask, below_allowed):
    """Tells whether the picture border cuts off a part of the object."""
    edges = [mask[0], mask[:, 0], mask[:, -1]]
    if not below_allowed:
        edges.append(mask[-1])
    touching = sum(np.count_nonzero(edge) for edge in edges)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    outline = np.count_nonzero(mask) - np.count_nonzero(inner)
    return touching > BORDER_SHARE * max(outline, 1)


def cut_out(picture, mask, soft=0.8):
    """Returns the object as BGRA, cropped, with an anti-aliased edge."""
    picture, mask = _crop(picture, mask)
    solid = mask.astype(np.uint8)
    core = cv2.erode(solid, np.ones((3, 3), np.uint8))
    if np.count_nonzero(core) < 0.5 * np.count_nonzero(solid):
        core = solid
    colour = _spread(picture, core)
    # Half a pixel inwards: outlines drawn by hand run outside the object.
    alpha = cv2.GaussianBlur(core * 0.5 + solid * 0.5, (0, 0), soft)
    alpha = np.clip((alpha - 0.15) / 0.7, 0, 1) * 255
    return np.dstack([colour, np.round(alpha).astype(np.uint8)])


def _crop(picture, mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    top, left = max(0, rows[0] - 4), max(0, columns[0] - 4)
    box = np.s_[top:rows[-1] + 5, left:columns[-1] + 5]
    pad = ((4, 4), (4, 4))
    return (np.pad(picture[box], pad + ((0, 0),), mode="edge"),
            np.pad(mask[box], pad))


def _spread(picture, core):
    # Pixels on the edge mix with the old background: take the nearest
    # colour from inside instead.
    _, nearest = cv2.distanceTransformWithLabels(
        1 - core, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros((nearest.max() + 1, 3), np.uint8)
    inside = core > 0
    table[nearest[inside]] = picture[inside]
    return table[nearest]


def crop_to_alpha(rgba):
    """Crops to what can be seen, plus a clear margin of 2 pixels."""
    seen = rgba[..., 3] > 8
    if not seen.any():
        return rgba[:1, :1]
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    part = rgba[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    return cv2.copyMakeBorder(part, MARGIN, MARGIN, MARGIN, MARGIN,
                              cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))


def renumber(labels):
    """Returns the label map with the labels in use numbered 1..N."""
    used = np.unique(labels)
    table = np.zeros(256, np.uint8)
    table[used[used > 0]] = np.arange(1, np.count_nonzero(used) + 1)
    return table[labels]


def largest_gap(taken, cell=16):
    """Returns the largest box (top, left, height, width) free of a mask.

    Found on a grid of `cell` pixels; height and width are 0 where there is
    none.
    """
    rows, columns = taken.shape[0] // cell, taken.shape[1] // cell
    grid = taken[:rows * cell, :columns * cell]
    grid = grid.reshape(rows, cell, columns, cell).any(axis=(1, 3))
    best = (0, 0, 0, 0)
    for top in range(rows):
        free = np.ones(columns, bool)
        for bottom in range(top, rows):
            free &= ~grid[bottom]
            left, width = _longest_run(free)
            height = bottom - top + 1
            if width * height > best[2] * best[3]:
                best = (top, left, height, width)
    return tuple(cell * value for value in best)


def _longest_run(free):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], free, [0]])))
    if not edges.size:
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    longest = lengths.argmax()
    return edges[2 * longest], lengths[longest]
