#!/usr/bin/env python3
"""Tracks an object with sam2track in an application's own frames: a grey disc
that moves to the right. Prints its mask's box and area for each frame."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstAnalytics", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstAnalytics, GstVideo

WIDTH, HEIGHT, FRAMES, RADIUS = 320, 240, 6, 30


def drawn_frame(number):
    middle = 120 + 6 * number
    data = bytearray(b"\x14" * (WIDTH * HEIGHT * 3))
    for y in range(120 - RADIUS + 1, 120 + RADIUS):
        half = int((RADIUS**2 - (y - 120) ** 2) ** 0.5)
        start = (y * WIDTH + middle - half) * 3
        data[start : start + half * 6] = b"\xc8" * (half * 6)
    frame = Gst.Buffer.new_wrapped(bytes(data))
    frame.pts = number * Gst.SECOND // 10
    return frame


def mask_area(picture):
    """A mask is a grey picture of the object's box, black where it is not."""
    meta = GstVideo.buffer_get_video_meta(picture)
    data = picture.extract_dup(0, picture.get_size())
    rows = (meta.offset[0] + y * meta.stride[0] for y in range(meta.height))
    return sum(meta.width - data[row : row + meta.width].count(0) for row in rows)


def on_frame(pad, info):
    """Called in the pipeline's thread, for every frame that leaves sam2track."""
    frame = info.get_buffer()
    meta = GstAnalytics.buffer_get_analytics_relation_meta(frame)
    for i in range(GstAnalytics.relation_get_length(meta) if meta else 0):
        found, mtd = meta.get_segmentation_mtd(i)
        if not found:
            continue
        mask, x, y, width, height = mtd.get_mask()
        print(
            f"{frame.pts / Gst.SECOND:.3f} x={x} y={y} width={width} "
            f"height={height} area={mask_area(mask)}"
        )
    return Gst.PadProbeReturn.OK


def main():
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "appsrc name=frames format=time"
        f" caps=video/x-raw,format=RGB,width={WIDTH},height={HEIGHT},framerate=10/1"
        " ! sam2track name=track input-size=256 ! fakesink"
    )
    track = pipeline.get_by_name("track")
    track.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, on_frame)

    # The disc of the first frame: left, top, width, height; -1 is a new object.
    track.emit("add-box", -1, 90.0, 90.0, 60.0, 60.0, "disc", Gst.CLOCK_TIME_NONE)
    pipeline.set_state(Gst.State.PLAYING)
    frames = pipeline.get_by_name("frames")
    for number in range(FRAMES):
        frames.emit("push-buffer", drawn_frame(number))
    frames.emit("end-of-stream")

    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(message.parse_error()[0].message)


if __name__ == "__main__":
    main()
