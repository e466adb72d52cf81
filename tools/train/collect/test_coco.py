"""Tests of the choice of pictures and masks in the format of COCO."""

import json
import pathlib
import tempfile
import unittest

import coco

BY = {"id": 4, "url": "http://creativecommons.org/licenses/by/2.0/"}
BY_NC = {"id": 2, "url": "http://creativecommons.org/licenses/by-nc/2.0/"}
BY_ND = {"id": 6, "url": "http://creativecommons.org/licenses/by-nd/2.0/"}
SQUARE = [2, 2, 8, 2, 8, 8, 2, 8]


def names_of(licences, licence, polygons=(SQUARE,), crowd=0):
    about = {
        "licenses": licences,
        "images": [{"id": 1, "file_name": "a.jpg", "license": licence}],
        "annotations": [{"image_id": 1, "iscrowd": crowd,
                         "segmentation": polygons}]}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "instances.json"
        path.write_text(json.dumps(about))
        return [name for name, _ in coco.open_pictures(path)]


class CocoTest(unittest.TestCase):

    def test_picture_under_attribution_is_taken(self):
        self.assertEqual(names_of([BY, BY_NC], 4), ["a.jpg"])

    def test_picture_for_non_commercial_use_is_left_out(self):
        self.assertEqual(names_of([BY, BY_NC], 2), [])

    def test_picture_that_must_not_be_changed_is_left_out(self):
        self.assertEqual(names_of([BY, BY_ND], 6), [])

    def test_picture_without_licence_is_left_out(self):
        self.assertEqual(names_of([BY], None), [])

    def test_numbers_of_the_original_hold_where_the_list_is_missing(self):
        self.assertEqual(names_of([], 5), ["a.jpg"])
        self.assertEqual(names_of([], 1), [])

    def test_escaped_address_of_a_licence_is_understood(self):
        escaped = dict(BY, url=BY["url"].replace("/", "\\/"))
        self.assertEqual(names_of([escaped], 4), ["a.jpg"])

    def test_crowd_is_no_object(self):
        runs = {"size": [9, 9], "counts": [81]}
        self.assertEqual(names_of([BY], 4, runs, crowd=1), [])

    def test_mask_of_an_object_in_two_parts_has_both(self):
        far = [20, 20, 28, 20, 28, 28, 20, 28]
        mask = coco.mask_of([SQUARE, far], (40, 40))
        self.assertTrue(mask[5, 5] and mask[24, 24])
        self.assertFalse(mask[14, 14])


if __name__ == "__main__":
    unittest.main()
