"""Tests of the pictures of scanned things."""

import pathlib
import tempfile
import unittest

import numpy as np

import solids

LIGHT = np.array([0, 0, 1.0])
RED = np.full((4, 4, 3), (0, 0, 200), np.uint8)
# Two sheets, both towards the eye: a small one before a large one.
PLACES = np.array([[0.1, 0.1], [0.9, 0.9]])
POINTS = np.array([[x, y, z] for z, half in ((0, 1), (0.5, 0.4))
                   for x, y in ((-half, -half), (half, -half),
                                (half, half), (-half, half))])


def sheet(first, place):
    return [[[first + i, place] for i in corners]
            for corners in ((0, 1, 2), (0, 2, 3))]


def seen(*sheets, turn=np.eye(3), texture=RED):
    corners = np.array([row for one in sheets for row in one])
    return solids.view((POINTS, PLACES, corners), texture, turn, LIGHT, 64)


class SolidsTest(unittest.TestCase):

    def test_sheet_has_no_hole(self):
        alpha = seen(sheet(0, 0))[..., 3]
        self.assertEqual(alpha.shape, (64, 64))
        self.assertTrue((alpha[1:-1, 1:-1] == 255).all())

    def test_nearer_sheet_hides_the_farther_one(self):
        texture = np.zeros((8, 8, 3), np.uint8)
        texture[-2:, :2] = 200  # the place of the sheet in front
        for order in ((sheet(4, 0), sheet(0, 1)), (sheet(0, 1), sheet(4, 0))):
            picture = seen(*order, texture=texture)
            self.assertTrue(picture[32, 32, 0] > 150)
            self.assertEqual(picture[4, 4, 0], 0)

    def test_back_of_a_sheet_is_not_seen(self):
        turned_away = [[face[::-1] for face in sheet(4, 1)]]
        texture = np.zeros((8, 8, 3), np.uint8)
        texture[-2:, :2] = 200  # the place of the sheet behind
        picture = seen(sheet(0, 0), *turned_away, texture=texture)
        self.assertTrue(picture[32, 32, 0] > 150)

    def test_rotation_is_a_rotation(self):
        turn = solids.rotation(np.random.default_rng(3))
        self.assertTrue(np.allclose(turn @ turn.T, np.eye(3)))
        self.assertAlmostEqual(np.linalg.det(turn), 1)

    def test_face_of_four_corners_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.obj"
            path.write_text("v 0 0 0\nvt 0 0\nf 1/1 1/1 1/1 1/1\n")
            self.assertRaises(ValueError, solids.read_obj, path)

    def test_indices_of_a_model_count_from_1(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.obj"
            path.write_text("v 1 2 3\nvn 0 0 1\nvt .5 .25\nf 1/1/1 1/1 1/1\n")
            points, places, corners = solids.read_obj(path)
        self.assertEqual(points.tolist(), [[1, 2, 3]])
        self.assertEqual(places.tolist(), [[0.5, 0.25]])
        self.assertEqual(corners.tolist(), [[[0, 0]] * 3])


if __name__ == "__main__":
    unittest.main()
