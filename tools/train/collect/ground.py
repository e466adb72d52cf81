"""Separates things from the white they were photographed on."""

import cv2
import numpy as np

import shapes

WHITE = 238


def on_white(picture):
    """Returns the mask of what stands on pure white, holes filled."""
    thing = (picture.min(axis=2) < WHITE).astype(np.uint8)
    padded = cv2.copyMakeBorder(thing, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    outside = padded.copy()
    cv2.floodFill(outside, None, (0, 0), 2)
    mask = outside[1:-1, 1:-1] != 2
    return shapes.largest_part(shapes.repair(mask))
