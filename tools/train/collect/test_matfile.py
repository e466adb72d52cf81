"""Tests of the reading of MATLAB 5 files."""

import pathlib
import struct
import tempfile
import unittest

import matfile


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(name, values):
    return element(14, element(6, bytes(8)) +
                   element(5, struct.pack("<ii", 1, len(values))) +
                   element(1, name.encode()) +
                   element(9, struct.pack(f"<{len(values)}d", *values)))


def matrices_of(data):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.mat"
        path.write_bytes(bytes(128) + data)
        return matfile.read_matrices(path)


class MatfileTest(unittest.TestCase):

    def test_every_matrix_is_found_by_its_name(self):
        found = matrices_of(matrix("box_coord", [1, 2]) +
                            matrix("obj_contour", [3]))
        self.assertEqual(found["box_coord"].tolist(), [[1, 2]])
        self.assertEqual(found["obj_contour"].tolist(), [[3]])

    def test_file_without_matrix_is_refused(self):
        self.assertRaises(ValueError, matrices_of, b"")

    def test_element_that_is_no_matrix_is_refused(self):
        self.assertRaises(ValueError, matrices_of, element(9, bytes(8)))


if __name__ == "__main__":
    unittest.main()
