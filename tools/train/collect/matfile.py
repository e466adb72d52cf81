"""Reads the arrays of a small MATLAB 5 file."""

import struct
import zlib

import numpy as np

TYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 9: "<f8"}
MATRIX = 14
COMPRESSED = 15
HEADER_BYTES = 128


def read_matrix(path):
    """Returns the first numeric matrix of the file.

    Raises ValueError where the file holds something else.
    """
    return next(iter(read_matrices(path).values()))


def read_matrices(path):
    """Returns {name: numeric matrix} of the file, in its order.

    Raises ValueError where the file holds something else or nothing.
    """
    data = path.read_bytes()[HEADER_BYTES:]
    matrices = {}
    while data:
        kind, body, data = _element(data)
        if kind == COMPRESSED:
            kind, body, _ = _element(zlib.decompress(body))
        if kind != MATRIX:
            raise ValueError(f"{path} has element {kind}, not a matrix.")
        name, values = _matrix(path, body)
        matrices[name] = values
    if not matrices:
        raise ValueError(f"{path} has no matrix.")
    return matrices


def _matrix(path, body):
    parts = []
    while body:
        kind, part, body = _element(body)
        parts.append((kind, part))
    shape = np.frombuffer(parts[1][1], "<i4")
    kind, values = parts[3]
    if kind not in TYPES:
        raise ValueError(f"{path} has values of unknown type {kind}.")
    values = np.frombuffer(values, TYPES[kind]).reshape(shape, order="F")
    return parts[2][1].decode("ascii"), values


def _element(data):
    # An element of at most four bytes has its length in the upper half of
    # the first word; all others are padded to eight bytes.
    first, = struct.unpack_from("<I", data)
    if first >> 16:
        return first & 0xFFFF, data[4:4 + (first >> 16)], data[8:]
    size, = struct.unpack_from("<I", data, 4)
    end = 8 + size + (-size % 8 if first != COMPRESSED else 0)
    return first, data[8:8 + size], data[end:]
