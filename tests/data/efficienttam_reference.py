#!/usr/bin/env python3
"""Computes the reference numbers of EfficientTAM with the original.

Usage: efficienttam_reference.py REPOSITORY [TARGET]

REPOSITORY is a checkout of https://github.com/yformer/EfficientTAM (the numbers
here came from commit abcd061e); TARGET defaults to goldens/ beside this script,
where clip.safetensors lies. Needs PyTorch, NumPy and Pillow; runs on the CPU in
float32. The weights are generated, see tools/generated_weights.h, and the files
have the form that README.md describes.
"""

import importlib
import json
import math
import pathlib
import re
import sys
import types

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from pack_goldens import fnv1a64, read_tensors, write_tensors  # noqa: E402

PACKAGE = "efficient_track_anything"
DTYPES = {torch.float32: "F32", torch.int64: "I64", torch.int32: "I32"}
CLIP_FRAMES = 18
# Frames whose memory attention is kept: 1, 3 and 7 memories.
ATTENTION_FRAMES = (1, 3, 8)
# Of the head's biases, so that objects are lost and candidates change.
ADJUST = {
    "sam_mask_decoder.pred_obj_score_head.layers.2.bias": [1.1, 0.1],
    "sam_mask_decoder.iou_prediction_head.layers.2.bias":
        {"values": [0.0, 0.1, 1.2, 0.0]},
}
# Rules of generated_weights.cc: pattern, centre, spread, axis of the fan-in.
RULES = [
    (r"positional_encoding_gaussian_matrix$", 0, 1, None),
    (r"\.gamma$", 0.3, 0.1, None),
    (r"(^|\.)(point_embeddings\.\d+|not_a_point_embed|no_mask_embed|iou_token|"
     r"mask_tokens|obj_score_token)\.weight$", 0, 0.5, None),
    (r"(^|\.)(maskmem_tpos_enc|no_mem_embed|no_mem_pos_enc|no_obj_ptr|"
     r"no_obj_embed_spatial|pos_embed|pos_embed_window)$", 0, 0.5, None),
    (r"output_upscaling\.[03]\.weight$", 0, 1, 0),
    (r"\.attn\.qkv\.weight$", 0, 1.5, 1),
    (r"memory_attention\.layers\.\d+\.\w+\.(q_proj|k_proj)\.weight$", 0, 2, 1),
    (r"\.(q_proj|k_proj)\.weight$", 0, 1.7, 1),
    (r"image_encoder\.trunk\.blocks\.\d+\.(attn\.proj|mlp\.layers\.1)\.weight$",
     0, 0.6, 1),
    (r"memory_encoder\.out_proj\.weight$", 0, 0.4, 1),
    (r"obj_ptr_proj\.layers\.2\.weight$", 0, 4, 1),
    (r"output_hypernetworks_mlps\.\d+\.layers\.2\.weight$", 0, 3, 1),
    (r"iou_prediction_head\.layers\.2\.weight$", 0, 4, 1),
    (r"pred_obj_score_head\.layers\.2\.weight$", 0, 6, 1),
    (r"\.bias$", 0, 0.1, None),
]


def import_original(repository):
    """The modules of the original, without what it only needs elsewhere."""
    for name in ("hydra", "omegaconf", "iopath", "iopath.common",
                 "iopath.common.file_io"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["iopath.common.file_io"].g_pathmgr = None
    package = types.ModuleType(PACKAGE)  # its __init__ wants hydra
    package.__path__ = [str(pathlib.Path(repository) / PACKAGE)]
    sys.modules[PACKAGE] = package
    return lambda name: importlib.import_module(f"{PACKAGE}.{name}")


# Weights -------------------------------------------------------------------

def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def centre_and_spread(name, shape):
    if name in ADJUST:
        return ADJUST[name]
    for pattern, centre, spread, axis in RULES:
        if re.search(pattern, name):
            break
    else:
        centre, spread, axis = (1, 0.1, None) if len(shape) == 1 else (0, 1, 1)
    if axis is not None:
        fan_in = shape[0] if axis == 0 else math.prod(shape[1:])
        spread = spread * math.sqrt(3.0 / fan_in)
    return [float(centre), float(spread)]


def generated_weight(name, shape):
    rule = centre_and_spread(name, shape)
    if isinstance(rule, dict):
        return torch.tensor(rule["values"])
    count = math.prod(shape)
    with np.errstate(over="ignore"):
        steps = np.arange(1, count + 1, dtype=np.uint64)
        z = mix(np.uint64(fnv1a64(name.encode())) +
                steps * np.uint64(0x9E3779B97F4A7C15))
    uniform = (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1
    values = (rule[0] + rule[1] * uniform).astype(np.float32)
    return torch.from_numpy(values.reshape(shape))


def list_state(model, target):
    """As pack_goldens.pack_listing: name, shape, first values, sum, hash."""
    rows = []
    for name, tensor in model.state_dict().items():
        flat = tensor.flatten()
        is_small = flat.numel() <= 200000
        rows.append([name, list(tensor.shape), flat[:3].tolist(),
                     float(flat.double().sum()),
                     f"{fnv1a64(flat.numpy().tobytes()):016x}"
                     if is_small else None])
    lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows)
    target.write_text("[\n" + lines + "\n]\n")


# The original's models -----------------------------------------------------

def make_model(original, size):
    """A predictor of `size`; weights generated."""
    sine = original("modeling.position_encoding").PositionEmbeddingSine
    transformer = original("modeling.sam.transformer")
    attention = original("modeling.memory_attention")
    memory = original("modeling.memory_encoder")
    encoder = original("modeling.backbones.image_encoder")
    vit = original("modeling.backbones.vitdet").ViT
    width, narrow, side = size["d_model"], size["mem_dim"], size["image"]
    rope = dict(rope_theta=10000.0, feat_sizes=[side // 16, side // 16],
                embedding_dim=width, num_heads=1, downsample_rate=1,
                dropout=0.1)
    cross = getattr(transformer, size["cross_attention"])
    layer = attention.MemoryAttentionLayer(
        activation="relu", dim_feedforward=size["hidden"], dropout=0.1,
        pos_enc_at_attn=False, d_model=width,
        self_attention=transformer.RoPEAttention(**rope),
        pos_enc_at_cross_attn_keys=True, pos_enc_at_cross_attn_queries=False,
        cross_attention=cross(rope_k_repeat=True, kv_in_dim=narrow, **rope))
    trunk = vit(patch_size=16, embed_dim=size["embed_dim"],
                depth=size["depth"], num_heads=size["heads"], mlp_ratio=4.0,
                qkv_bias=True, drop_path_rate=0.0, use_rel_pos=False,
                window_size=14, window_block_indexes=size["windowed"])
    neck = encoder.ViTDetNeck(
        position_encoding=sine(width, normalize=True), d_model=width,
        backbone_channel_list=[size["embed_dim"]], neck_norm="LN")
    model = original("efficienttam_video_predictor").EfficientTAMVideoPredictor(
        image_encoder=encoder.ImageEncoder(trunk, neck, scalp=0),
        memory_attention=attention.MemoryAttention(
            d_model=width, pos_enc_at_input=True, layer=layer,
            num_layers=size["layers"]),
        memory_encoder=memory.MemoryEncoder(
            out_dim=narrow, in_dim=width,
            position_encoding=sine(narrow, normalize=True),
            mask_downsampler=memory.MaskDownSampler(
                embed_dim=width, kernel_size=3, stride=2, padding=1),
            fuser=memory.Fuser(
                memory.CXBlock(dim=width, kernel_size=7, padding=3,
                               layer_scale_init_value=1e-6, use_dwconv=True),
                num_layers=2)),
        num_maskmem=7, image_size=side, sigmoid_scale_for_mem_enc=20.0,
        sigmoid_bias_for_mem_enc=-10.0,
        use_mask_input_as_output_without_sam=True,
        directly_add_no_mem_embed=True, use_high_res_features_in_sam=False,
        multimask_output_in_sam=True, iou_prediction_use_sigmoid=True,
        use_obj_ptrs_in_encoder=True, add_tpos_enc_to_obj_ptrs=False,
        only_obj_ptrs_in_the_past_for_eval=True, pred_obj_scores=True,
        pred_obj_scores_mlp=True, fixed_no_obj_ptr=True,
        multimask_output_for_tracking=True,
        use_multimask_token_for_obj_ptr=True, multimask_min_pt_num=0,
        multimask_max_pt_num=1, use_mlp_for_obj_ptr_proj=True,
        sam_mask_decoder_extra_args=dict(
            dynamic_multimask_via_stability=True,
            dynamic_multimask_stability_delta=0.05,
            dynamic_multimask_stability_thresh=0.98),
        binarize_mask_from_pts_for_mem_enc=True, fill_hole_area=0)
    model.load_state_dict({k: generated_weight(k, list(v.shape))
                           for k, v in model.state_dict().items()})
    return model.eval()


MICRO = dict(image=256, d_model=32, mem_dim=8, hidden=64, layers=2,
             embed_dim=24, heads=3, depth=6, windowed=[0, 1, 3, 4],
             cross_attention="RoPEAttention")
SMALL = dict(image=1024, d_model=256, mem_dim=64, hidden=2048, layers=4,
             embed_dim=384, heads=6, depth=12,
             windowed=[0, 1, 3, 4, 6, 7, 9, 10],
             cross_attention="RoPEAttention")
TINY = dict(SMALL, embed_dim=192, heads=3)


# Recording -----------------------------------------------------------------

class Recorder:
    """Notes what a predictor computes, as events of a session."""

    def __init__(self, model, keeps_attention):
        self.model, self.keeps_attention = model, keeps_attention
        self.tensors, self.event, self.call = {}, 0, 0
        self.last = {}
        self.is_tracking = False
        self._wrap(model.sam_mask_decoder, "predict_masks",
                   lambda a, k, out: self.last.update(all_ious=out[1]))
        self._wrap(model, "_forward_sam_heads", self._heads)
        self._wrap(model, "_encode_new_memory", self._memory)
        self._wrap(model.memory_attention, "forward", self._attention)
        self._wrap(model, "track_step", self._step)

    @staticmethod
    def _wrap(owner, name, note):
        original = getattr(owner, name)

        def wrapped(*args, **kwargs):
            out = original(*args, **kwargs)
            note(args, kwargs, out)
            return out
        setattr(owner, name, wrapped)

    def put(self, **tensors):
        for name, tensor in tensors.items():
            self.tensors[f"e{self.event:03d}.{name}"] = \
                tensor.detach().clone().contiguous()

    def head(self, kind, frame, obj, is_init=0, multimask=0, best=-1):
        self.put(head=torch.tensor([kind, self.call, obj, frame, is_init,
                                    multimask, best, 0]))

    def _heads(self, args, kwargs, out):
        self.last["ious"] = out[2]
        self.last["multimask"] = kwargs.get("multimask_output", False)

    def _attention(self, args, kwargs, out):
        self.last["attention"] = dict(kwargs, out=out)

    def _memory(self, args, kwargs, out):
        self.last["maskmem"] = out[0].float()  # kept as bfloat16 later on

    def _step(self, args, kwargs, out):
        frame, is_init = kwargs["frame_idx"], kwargs["is_init_cond_frame"]
        multimask = self.last["multimask"]
        ious = self.last["ious"]
        best = int(ious[0].argmax()) if multimask else -1
        kind = 1 if self.is_tracking else 0
        self.head(kind, frame, 1, int(is_init), int(multimask), best)
        self.put(low_res_masks=out["pred_masks"][:, 0],
                 obj_score=out["object_score_logits"], obj_ptr=out["obj_ptr"],
                 ious=ious, all_ious=self.last["all_ious"])
        points = kwargs["point_inputs"]
        if points is not None:
            self.put(point_coords=points["point_coords"],
                     point_labels=points["point_labels"])
        if not is_init:
            self._note_selection(kwargs["output_dict"])
            self.put(maskmem=self.last["maskmem"])
            if self.keeps_attention and frame in ATTENTION_FRAMES:
                self._note_attention()
        self.event += 1

    def _note_attention(self):
        a = self.last["attention"]
        self.put(attn_curr=a["curr"][0], attn_memory=a["memory"],
                 attn_memory_pos=a["memory_pos"], attn_out=a["out"],
                 attn_nptr=torch.tensor([a["num_obj_ptr_tokens"]]))

    def _note_selection(self, stored):
        """Which memories and pointers went in, found by their values.

        Frames without the object have equal pointers: of those, the latest
        that is not in the list yet.
        """
        a = self.last["attention"]
        frames = [(t, is_cond, out)
                  for is_cond, key in ((1, "cond_frame_outputs"),
                                       (0, "non_cond_frame_outputs"))
                  for t, out in sorted(stored[key].items(), reverse=True)]
        tokens = (self.model.image_size // 16) ** 2
        pointers = a["num_obj_ptr_tokens"]
        spatial = a["memory"].shape[0] - pointers
        rows = self.model.maskmem_tpos_enc[:, 0, 0]
        mem = []
        for first in range(0, spatial, tokens):
            part = a["memory"][first:first + tokens, 0]
            code = a["memory_pos"][first:first + tokens, 0]
            t, is_cond, out = next(
                f for f in frames if f[2]["maskmem_features"] is not None and
                torch.equal(f[2]["maskmem_features"][0].flatten(1).T.float(),
                            part.float()))
            grid = out["maskmem_pos_enc"][-1][0].flatten(1).T
            row = int((code - grid).mean(0).sub(rows).abs().sum(1).argmin())
            mem.append([t, is_cond, row])
        ptr, length = [], self.model.hidden_dim // self.model.mem_dim
        for first in range(spatial, spatial + pointers, length):
            part = a["memory"][first:first + length, 0].flatten()
            ptr.append(next([t, is_cond] for t, is_cond, out in frames
                            if [t, is_cond] not in ptr and
                            torch.equal(out["obj_ptr"][0], part)))
        self.put(mem=torch.tensor(mem), ptr=torch.tensor(ptr))

    def result(self, frame, masks):
        self.head(3, frame, -1)
        self.put(fg_count=(masks[:, 0] > 0).sum((1, 2)))
        self.event += 1

    def memory_of_prompt(self, frame):
        self.head(2, frame, -1)
        self.put(maskmem=self.last["maskmem"])
        self.event += 1


def run_session(original, size, images, prompt, mask):
    """A prompt on frame 0, then the clip; its tensors."""
    predictor = original("efficienttam_video_predictor")
    predictor.load_video_frames = lambda **_: (images, 120, 214)
    model = make_model(original, size)
    recorder = Recorder(model, prompt is not None and "points" in prompt)
    state = model.init_state(video_path="")
    recorder.call = 1
    if prompt is None:
        frame, _, masks = model.add_new_mask(state, 0, 1, mask)
    else:
        frame, _, masks = model.add_new_points_or_box(state, 0, 1, **prompt)
    recorder.result(frame, masks)
    recorder.call, recorder.is_tracking = 2, True
    for frame, _, masks in model.propagate_in_video(state):
        if frame == 0:
            recorder.memory_of_prompt(0)
        recorder.result(frame, masks)
    return recorder.tensors


def run_stages(original, images):
    """The image encoder on frame 0, part by part."""
    model = make_model(original, MICRO)
    trunk, kept = model.image_encoder.trunk, {}

    def keep(name):
        return lambda module, args, out: kept.update({name: out.clone()})
    trunk.patch_embed.register_forward_hook(keep("enc.patch_embed"))
    for i, block in enumerate(trunk.blocks):
        block.register_forward_hook(keep(f"enc.block{i}"))
    kept["enc.fpn"] = model.image_encoder(images[:1])["backbone_fpn"][-1]
    get_abs_pos = original("modeling.backbones.utils").get_abs_pos
    kept["enc.pos_embed"] = get_abs_pos(trunk.pos_embed, True, (16, 16))
    return kept


def save(path, tensors, about):
    rows = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        rows[name] = (DTYPES[tensor.dtype], list(tensor.shape),
                      tensor.numpy().tobytes())
    write_tensors(path, rows, {"about": about})


def clip_images(target):
    """[18, 3, 256, 256], resized and normalised as the original does."""
    tensors, _ = read_tensors(target / "clip.safetensors")
    _, shape, data = tensors["frames"]
    frames = np.frombuffer(data, np.uint8).reshape(shape)
    small = np.stack([np.array(Image.fromarray(f).resize((256, 256)))
                      for f in frames])
    images = torch.from_numpy(small / 255.0).permute(0, 3, 1, 2).float()
    mean = torch.tensor((0.485, 0.456, 0.406))[:, None, None]
    std = torch.tensor((0.229, 0.224, 0.225))[:, None, None]
    return (images - mean) / std


SESSIONS = {
    "efficienttam_small_point": ("RoPEAttention", "point"),
    "efficienttam_small_box": ("RoPEAttention", "box"),
    "efficienttam_small_mask": ("RoPEAttention", "mask"),
    "efficienttam_small_1_point": ("EfficientRoPEAttention1", "point"),
    "efficienttam_small_2_point": ("EfficientRoPEAttention2", "point"),
}
PROMPTS = {
    "point": {"points": [[110.0, 30.0]], "labels": [1]},
    "box": {"box": [139.0, 5.0, 193.0, 22.0]},
}


def describe(name, kind):
    prompt = {"mask": True} if kind == "mask" else PROMPTS[kind]
    return {"about": kind + " prompt on frame 0",
            "model": name.rpartition("_")[0], "video_frames": CLIP_FRAMES,
            "float_memories": False,
            "calls": [{"prompt": {"frame": 0, "object": 1, **prompt}},
                      {"track": {"reverse": False}}], "config": {}}


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    original = import_original(sys.argv[1])
    beside = pathlib.Path(__file__).resolve().parent / "goldens"
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else beside
    torch.set_grad_enabled(False)
    images = clip_images(target)
    save(target / "efficienttam_small_stages.safetensors",
         run_stages(original, images), "image encoder on frame 0")
    y, x = np.mgrid[0:120, 0:214]
    mask = ((y - 60) / 30)**2 + ((x - 90) / 40)**2 < 1
    described = {}
    for name, (cross, kind) in SESSIONS.items():
        size = dict(MICRO, cross_attention=cross)
        prompt = None if kind == "mask" else PROMPTS[kind]
        tensors = run_session(original, size, images, prompt, mask)
        described[name] = describe(name, kind)
        path = target / (name + ".safetensors")
        rows = {n: (DTYPES[t.dtype], list(t.shape), t.numpy().tobytes())
                for n, t in tensors.items()}
        if kind == "mask":
            rows["mask_prompt"] = ("U8", list(mask.shape),
                                   mask.astype(np.uint8).tobytes())
        write_tensors(path, rows, {"about": described[name]["about"]})
    lines = ",\n".join(json.dumps(k) + ": " + json.dumps(v)
                       for k, v in described.items())
    (target / "efficienttam_scenarios.json").write_text("{\n" + lines + "\n}\n")
    (target / "efficienttam_small_adjust.json").write_text(
        json.dumps(ADJUST) + "\n")
    for name, size in (("efficienttam_small", MICRO), ("efficienttam_s", SMALL),
                       ("efficienttam_ti", TINY)):
        list_state(make_model(original, size),
                   target / (name + "_statedict.json"))


if __name__ == "__main__":
    main()
