"""Writes a detector of the ball in the drawn clip as an ONNX file: the box of
all orange pixels, in the tensors of a single-shot detector (boxes of
[top, left, bottom, right] as shares of the picture, scores, classes, count).

The fields are those of onnx.proto3, version 7 of the format, operators 13."""

import struct

kFloat, kUint8, kInt64 = 1, 2, 7  # TensorProto.DataType
kRedness = 60.0  # red above blue; the rings are grey
kIds = "Gst.Model.ObjectDetector."


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number, value):
    """A field of a message: an integer, a text or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(number, values):
    return b"".join(field(number, value) for value in values)


def tensor(name, kind, shape, values):
    raw = struct.pack(f"<{len(values)}{'f' if kind == kFloat else 'q'}", *values)
    return fields(1, shape) + field(2, kind) + field(8, name) + field(9, raw)


def port(name, kind, shape):
    """An input or output of the graph."""
    dimensions = b"".join(field(1, field(1, size)) for size in shape)
    kind_and_shape = field(1, kind) + field(2, dimensions)
    return field(1, name) + field(2, field(1, kind_and_shape))


def node(operator, inputs, output, **attributes):
    """A node whose attributes are integers, or lists of them."""
    out = fields(1, inputs) + field(2, output) + field(4, operator)
    for name, value in attributes.items():
        is_list = isinstance(value, list)
        data = fields(8, value) + field(20, 7) if is_list else field(3, value) + field(20, 2)
        out += field(5, field(1, name) + data)
    return out


def edges(axis, first, last, size):
    """Where the mask begins and ends, across the other axis, as shares."""
    line, ends = f"line{axis}", (("begin", 0), ("end", 1))
    nodes = [node("ReduceMax", ["mask"], line, axes=[3 - axis], keepdims=0)]
    for (end, is_last), output in zip(ends, (first, last)):
        index = f"{end}{axis}"
        nodes.append(node("ArgMax", [line], index, axis=1, keepdims=1, select_last_index=is_last))
        nodes.append(node("Cast", [index], f"{index}f", to=kFloat))
        nodes.append(node("Div", [f"{index}f", size], output))
    return nodes


def write(file, width, height):
    nodes = [
        node("Cast", ["image"], "colours", to=kFloat),
        node("Gather", ["colours", "red"], "reds", axis=3),
        node("Gather", ["colours", "blue"], "blues", axis=3),
        node("Sub", ["reds", "blues"], "redness"),
        node("Greater", ["redness", "limit"], "orange"),
        node("Cast", ["orange"], "mask", to=kFloat),
        *edges(1, "top", "bottom", "height"),
        *edges(2, "left", "right", "width"),
        node("Concat", ["top", "left", "bottom", "right"], "box", axis=1),
        node("Unsqueeze", ["box", "one"], "boxes"),
        node("Identity", ["score"], "scores"),
        node("Identity", ["class"], "classes"),
        node("Identity", ["found"], "count"),
    ]
    constants = [
        tensor("red", kInt64, [], [0]),
        tensor("blue", kInt64, [], [2]),
        tensor("one", kInt64, [1], [1]),
        tensor("limit", kFloat, [], [kRedness]),
        tensor("width", kFloat, [], [float(width)]),
        tensor("height", kFloat, [], [float(height)]),
        tensor("score", kFloat, [1, 1], [0.95]),
        tensor("class", kFloat, [1, 1], [0.0]),
        tensor("found", kFloat, [1], [1.0]),
    ]
    outputs = {
        "boxes": ("Boxes", [1, 1, 4]),
        "scores": ("Scores", [1, 1]),
        "classes": ("Classes", [1, 1]),
        "count": ("NumDetections", [1]),
    }
    graph = fields(1, nodes) + field(2, "orange") + fields(5, constants)
    graph += field(11, port("image", kUint8, [1, height, width, 3]))
    model = field(1, 7) + field(8, field(1, "") + field(2, 13))
    for name, (tensor_id, shape) in outputs.items():
        graph += field(12, port(name, kFloat, shape))
        model += field(14, field(1, name) + field(2, kIds + tensor_id))
    file.write_bytes(model + field(7, graph))
