"""Tests of the masks of collected objects."""

import unittest

import numpy as np

import ground
import shapes


def square(top, left, side, size=(100, 100)):
    mask = np.zeros(size, bool)
    mask[top:top + side, left:left + side] = True
    return mask


class ShapesTest(unittest.TestCase):

    def test_object_inside_is_not_cut(self):
        self.assertFalse(shapes.is_cut(square(10, 10, 40), False))

    def test_object_at_the_left_border_is_cut(self):
        self.assertTrue(shapes.is_cut(square(10, 0, 40), False))

    def test_object_cut_below_may_be_allowed(self):
        mask = square(60, 30, 40)
        self.assertTrue(shapes.is_cut(mask, False))
        self.assertFalse(shapes.is_cut(mask, True))

    def test_whole_picture_is_no_object(self):
        self.assertFalse(shapes.is_plausible(np.ones((50, 50), bool)))

    def test_repair_closes_a_pinhole_and_drops_a_speck(self):
        mask = square(10, 10, 60)
        mask[30:34, 30:34] = False
        mask[90:94, 90:94] = True
        repaired = shapes.repair(mask)
        self.assertTrue(repaired[20:60, 20:60].all())
        self.assertFalse(repaired[80:, 80:].any())

    def test_edge_of_a_cut_out_has_no_colour_of_the_background(self):
        picture = np.zeros((100, 100, 3), np.uint8)
        mask = square(20, 20, 50)
        picture[mask] = 200
        rgba = shapes.cut_out(picture, mask)
        self.assertTrue((rgba[rgba[..., 3] > 0][:, :3] == 200).all())

    def test_shrunk_cut_out_keeps_its_colour_at_the_edge(self):
        rgba = np.zeros((200, 200, 4), np.uint8)
        rgba[51:149, 51:149] = 200
        rgba[51:149, 51:149, 3] = 255
        small = shapes.shrink(rgba, 64)
        self.assertTrue((small[small[..., 3] > 8][:, :3] >= 198).all())

    def test_largest_gap_avoids_the_object(self):
        taken = square(0, 0, 48, (160, 160))
        top, left, height, width = shapes.largest_gap(taken)
        self.assertEqual((height * width, min(height, width)),
                         (160 * 112, 112))
        self.assertFalse(taken[top:top + height, left:left + width].any())

    def test_labels_in_use_are_numbered_from_1(self):
        labels = np.array([[0, 3], [7, 3]], np.uint8)
        self.assertEqual(shapes.renumber(labels).tolist(), [[0, 1], [2, 1]])

    def test_white_inside_a_thing_belongs_to_it(self):
        picture = np.full((100, 100, 3), 255, np.uint8)
        picture[square(20, 20, 60)] = 90
        picture[square(40, 40, 20)] = 255
        self.assertTrue(ground.on_white(picture)[50, 50])
        self.assertFalse(ground.on_white(picture)[5, 5])


if __name__ == "__main__":
    unittest.main()
