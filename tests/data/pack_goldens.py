#!/usr/bin/env python3
"""Packs the reference numbers that the golden suite needs into goldens/.

Usage: pack_goldens.py SOURCE [TARGET]

SOURCE is the folder with the full set of reference numbers, computed with the
original Python implementation; TARGET defaults to goldens/ beside this
script. Only the standard library is used. What is left out can be reproduced
(resized frames), repeats (results at video size of every frame) or belongs to
models that this project does not run.
"""

import array
import json
import pathlib
import re
import struct
import sys

FULL_MODELS = ["sam21_t", "sam20_t", "sam21_s", "sam21_bp", "sam21_l",
               "edgetam"]
SMALL_MODELS = ["small21", "small20", "edgetam_small"]
# Folders of tracking sessions; samurai's ran with the weights of small21.
SESSIONS = SMALL_MODELS + ["samurai"]
# Scenarios whose masks at video size are kept; the others keep the number of
# foreground pixels.
VIDEO_SIZE_KEPT = {"small21_twoobj"}
CLIP_FRAMES = 18
# Computed on the first frames of the clip only.
SHORT_CLIPS = {"small21_short": 6, "edgetam_small_short": 6}
# Computed with memories kept in float32 instead of bfloat16.
FLOAT_MEMORIES = {"small21_point_f32mem"}
NOT_TESTED = re.compile(
    r"image_norm|attn_curr_pos|multimasks|pix_feat_with_mem")
# EdgeTAM's prompt encoder and decoder are SAM 2's.
EDGETAM_STAGES = re.compile(r"enc\.(?!pos)|mem\.(?!high_res|mask_down)")


def read_tensors(path):
    """Name -> (dtype, shape, bytes), and the metadata."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    body = memoryview(data)[8 + size:]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], bytes(body[begin:end]))
    return tensors, metadata


def write_tensors(path, tensors, metadata):
    # Wide types first, so that every tensor is aligned.
    width = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "U8": 1}
    names = sorted(tensors, key=lambda n: (-width[tensors[n][0]], n))
    header, offset = {"__metadata__": metadata}, 0
    for name in names:
        dtype, shape, data = tensors[name]
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header, separators=(",", ":"))
    text += " " * (-len(text) % 8)
    with path.open("wb") as out:
        out.write(struct.pack("<Q", len(text)))
        out.write(text.encode())
        for name in names:
            out.write(tensors[name][2])


def fnv1a64(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def pack_clip(source, target):
    """The frames, and a hash of each frame resized to 256x256."""
    tensors, metadata = read_tensors(source / "clip.safetensors")
    _, shape, data = tensors["frames_256"]
    step = len(data) // shape[0]
    hashes = array.array("Q", (fnv1a64(data[i * step:(i + 1) * step])
                               for i in range(shape[0])))
    kept = {"frames": tensors["frames"],
            "frames_256_fnv1a64": ("I64", [shape[0]], hashes.tobytes())}
    write_tensors(target / "clip.safetensors", kept,
                  {"about": metadata["about"]})


def is_kept(scenario, name):
    if NOT_TESTED.search(name):
        return False
    return "video_res_masks" not in name or scenario in VIDEO_SIZE_KEPT


def structured_call(call):
    """The reference notes some calls as text; make them all objects."""
    if isinstance(call, dict):
        frame, obj, what = call["prompt"]
        return {"prompt": {"frame": frame, "object": obj, **what}}
    mask = re.fullmatch(r"mask on frame (\d+) obj (\d+)", call)
    if mask:  # the mask itself is the tensor mask_prompt
        return {"prompt": {"frame": int(mask.group(1)),
                           "object": int(mask.group(2)), "mask": True}}
    click = re.match(r"prompt (\d+),(\d+) \((\d+),(\d+)\) label (\d)", call)
    if click:
        frame, obj, x, y, label = map(int, click.groups())
        prompt = {"frame": frame, "object": obj,
                  "points": [[float(x), float(y)]], "labels": [label]}
        if "clear_old_points=False" in call:
            prompt["keeps_old_points"] = True
        return {"prompt": prompt}
    if not call.startswith("track"):
        raise SystemExit("unknown call: " + call)
    track = {"reverse": "reverse" in call}
    start = re.search(r"start (\d+)", call)
    end = re.search(r"to (\d+)", call)
    if start:
        track["start"] = int(start.group(1))
    if end:
        track["end"] = int(end.group(1))
    return {"track": track}


def pack_scenarios(source, target):
    """One tensor file per scenario, and all descriptions in one file."""
    described, common = {}, None
    for model in SESSIONS:
        for path in sorted((source / model).glob(model + "_*.json")):
            if not path.with_suffix(".safetensors").exists():
                continue
            text = json.loads(path.read_text())
            common = common or text["config"]
            different = {k: v for k, v in text["config"].items()
                         if common.get(k) != v}
            described[path.stem] = {
                "about": text["about"], "model": model,
                "video_frames": SHORT_CLIPS.get(path.stem, CLIP_FRAMES),
                "float_memories": path.stem in FLOAT_MEMORIES,
                "calls": [structured_call(c) for c in text["calls"]],
                "config": different}
            tensors, _ = read_tensors(path.with_suffix(".safetensors"))
            kept = {n: t for n, t in tensors.items() if is_kept(path.stem, n)}
            write_tensors(target / (path.stem + ".safetensors"), kept,
                          {"about": text["about"]})
    lines = ",\n".join(json.dumps(k) + ": " + json.dumps(v)
                       for k, v in described.items())
    (target / "scenarios.json").write_text("{\n" + lines + "\n}\n")


def pack_listing(source, target):
    """Per tensor: name, shape, first values, sum, hash (or null)."""
    rows = [[t["name"], t["shape"], t["first"], t["sum64"], t.get("fnv1a64")]
            for t in json.loads(source.read_text())]
    lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows)
    target.write_text("[\n" + lines + "\n]\n")


def copy_json(source, target):
    target.write_text(json.dumps(json.loads(source.read_text())) + "\n")


def copy_tensors(source, target, wanted=re.compile("")):
    tensors, metadata = read_tensors(source)
    kept = {n: t for n, t in tensors.items()
            if wanted.match(n) and not NOT_TESTED.search(n)}
    if "clip_frames" in metadata:  # which frames of the clip were tracked
        frames = array.array("q", json.loads(metadata["clip_frames"]))
        kept["clip_frames"] = ("I64", [len(frames)], frames.tobytes())
    write_tensors(target, kept, {"about": metadata["about"]})


def pack(source, target):
    target.mkdir(parents=True, exist_ok=True)
    pack_clip(source, target)
    copy_tensors(source / "preprocess.safetensors",
                 target / "preprocess.safetensors")
    copy_tensors(source / "small21" / "small21_stages.safetensors",
                 target / "small21_stages.safetensors")
    copy_tensors(source / "edgetam_small" / "edgetam_small_stages.safetensors",
                 target / "edgetam_small_stages.safetensors", EDGETAM_STAGES)
    pack_scenarios(source, target)
    copy_tensors(source / "samurai" / "kalman.safetensors",
                 target / "kalman.safetensors")
    copy_json(source / "adjust_small.json", target / "small_adjust.json")
    copy_json(source / "adjust_edgetam_small.json",
              target / "edgetam_small_adjust.json")
    for model in SMALL_MODELS:
        name = model + "_statedict.json"
        pack_listing(source / model / name, target / name)
    for model in FULL_MODELS:
        full = source / "full"
        copy_tensors(full / (model + "_full.safetensors"),
                     target / (model + "_full.safetensors"))
        pack_listing(full / (model + "_statedict.json"),
                     target / (model + "_statedict.json"))
        copy_json(full / (model + "_adjust.json"),
                  target / (model + "_adjust.json"))


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    beside = pathlib.Path(__file__).resolve().parent / "goldens"
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else beside
    pack(pathlib.Path(sys.argv[1]), target)


if __name__ == "__main__":
    main()
