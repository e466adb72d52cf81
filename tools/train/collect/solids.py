"""Pictures of scanned things from all sides, with their alpha."""

import numpy as np

import shapes

# Pictures are made this many times larger and shrunk, for a soft edge.
OVERSAMPLING = 2
# Distance of the eye in sizes of the thing: a near lens bends, none is flat.
EYE_DISTANCE = 4.0


def read_obj(path):
    """Returns (points [N, 3], texture places [M, 2], corners [T, 3, 2]).

    A corner is the index of its point and of its place on the texture.
    Raises ValueError where a face is no triangle with a texture.
    """
    points, places, corners = [], [], []
    for line in path.read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            points.append([float(word) for word in rest[:3]])
        elif kind == "vt":
            places.append([float(word) for word in rest[:2]])
        elif kind == "f":
            corners.append([word.split("/")[:2] for word in rest])
    corners = np.array(corners, int) - 1
    if corners.ndim != 3 or corners.shape[1:] != (3, 2):
        raise ValueError(f"{path} has a face that is no textured triangle.")
    return np.array(points), np.array(places), corners


def rotation(random):
    """Returns a rotation drawn evenly from all."""
    axes, upper = np.linalg.qr(random.standard_normal((3, 3)))
    axes = axes * np.sign(np.diagonal(upper))
    if np.linalg.det(axes) < 0:
        axes[:, 0] = -axes[:, 0]
    return axes


def view(solid, texture, turn, light, side):
    """Returns the thing as BGRA, its box at most `side` pixels long.

    `turn` is a rotation, `light` the direction to the lamp, both of the eye,
    which looks along z.
    """
    points, places, corners = solid
    seen, depth = _projected(points @ turn.T, side * OVERSAMPLING)
    corners = corners[_faces_eye(seen[corners[..., 0]])]
    triangles = corners[..., 0]
    shade = _shade((points @ turn.T)[triangles], light)
    steps = _steps(seen[triangles])
    rows = []
    # Triangles of like size are sampled together.
    for step in np.unique(steps):
        chosen = steps == step
        weights = _grid(step)
        at = np.einsum("pk,tkc->tpc", weights, seen[triangles[chosen]])
        far = np.einsum("pk,tk->tp", weights, depth[triangles[chosen]])
        place = np.einsum("pk,tkc->tpc", weights,
                          places[corners[chosen][..., 1]])
        light_at = np.broadcast_to(shade[chosen, None], far.shape)
        rows.append(np.concatenate(
            [at, place, far[..., None], light_at[..., None]],
            axis=2).reshape(-1, 6))
    picture = _drawn(np.concatenate(rows), texture)
    return shapes.shrink(picture, max(picture.shape) // OVERSAMPLING)


def _projected(points, side):
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    points = points - middle
    eye = EYE_DISTANCE * np.linalg.norm(points, axis=1).max()
    depth = eye - points[:, 2]
    seen = points[:, :2] * [1, -1] / depth[:, None]
    seen -= seen.min(axis=0)
    return seen * (side - 1) / seen.max(), depth


def _faces_eye(triangles):
    first, second = np.moveaxis(triangles[:, 1:] - triangles[:, :1], 1, 0)
    # Rows count downwards, which turns the sense around.
    return first[:, 0] * second[:, 1] < first[:, 1] * second[:, 0]


def _shade(triangles, light):
    edges = triangles[:, 1:] - triangles[:, :1]
    normals = np.cross(edges[:, 0], edges[:, 1])
    length = np.maximum(np.linalg.norm(normals, axis=1), 1e-12)
    return 0.65 + 0.45 * np.clip(normals @ light / length, 0, 1)


def _steps(triangles):
    edges = triangles - np.roll(triangles, 1, axis=1)
    longest = np.linalg.norm(edges, axis=2).max(axis=1)
    # Denser than the pixels along each side, so that none is missed.
    return np.ceil(1.5 * longest).astype(int) + 1


def _grid(steps):
    first, second = np.mgrid[:steps + 1, :steps + 1].reshape(2, -1)
    inside = first + second <= steps
    first, second = first[inside] / steps, second[inside] / steps
    return np.stack([first, second, 1 - first - second], axis=1)


def _drawn(samples, texture):
    # The nearest last: what is written last stays.
    samples = samples[np.argsort(-samples[:, 4])]
    columns, rows = np.round(samples[:, :2]).astype(int).T
    height, width = texture.shape[:2]
    across = np.clip(samples[:, 2] * width, 0, width - 1).astype(int)
    down = np.clip((1 - samples[:, 3]) * height, 0, height - 1).astype(int)
    colour = texture[down, across] * samples[:, 5:]
    picture = np.zeros((rows.max() + 1, columns.max() + 1, 4), np.uint8)
    picture[rows, columns, :3] = np.clip(colour, 0, 255)
    picture[rows, columns, 3] = 255
    return picture
