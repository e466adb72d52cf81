#!/bin/bash
# Usage: pipelines/camera.sh [OPTION]...
# Tracks what stands where the prompt says when the camera starts, and records
# it with its masks. Ctrl-C ends the recording.
#   --device NAME   a camera (default /dev/video0), or "test": a moving ball
#   --frames N      stop after N frames (default -1: never)
#   --output FILE   an MP4 (default out/pipelines/camera.mp4)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[device]=/dev/video0
option[frames]=-1
option[output]=$out/camera.mp4
read_arguments "$@"
case ${option[device]} in
test) camera=(videotestsrc is-live=true pattern=ball "num-buffers=${option[frames]}" \
  ! "video/x-raw,width=320,height=240,framerate=15/1") ;;
*) camera=(v4l2src "device=${option[device]}" "num-buffers=${option[frames]}" \
  ! decodebin ! videoconvert) ;;
esac
# What is too slow for the camera is dropped: sam2track does so in live
# pipelines by itself. zerolatency: an encoder that looks ahead delays frames.
launch "${camera[@]}" ! "${tracker[@]}" ! sam2overlay ! videoconvert \
  ! x264enc tune=zerolatency ! mp4mux ! filesink "location=$(output)"
