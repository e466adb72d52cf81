#!/bin/bash
# Usage: pipelines/two-cameras.sh [OPTION]...
# Tracks what stands where the prompt says in two cameras, with one model in
# memory, and records them side by side. Ctrl-C ends the recording.
#   --device NAME        a camera (default /dev/video0), or "test": a moving ball
#   --other NAME         the other one (default /dev/video2)
#   --other-prompt TEXT  what to track there (default: the same as --prompt)
#   --frames N           stop after N frames of each (default -1: never)
#   --output FILE        an MP4 (default out/pipelines/two-cameras.mp4)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[device]=/dev/video0
option[other]=/dev/video2
option[other-prompt]=
option[frames]=-1
option[output]=$out/two-cameras.mp4
read_arguments "$@"
# Sets `camera`, elements that give pictures of 320x240.
use_camera() {
  case $1 in
  test) camera=(videotestsrc is-live=true pattern=ball \
    "num-buffers=${option[frames]}" ! "video/x-raw,framerate=5/1") ;;
  *) camera=(v4l2src "device=$1" "num-buffers=${option[frames]}" ! decodebin) ;;
  esac
  camera+=(! videoconvertscale \
    ! "video/x-raw,width=320,height=240,pixel-aspect-ratio=1/1")
}
use_camera "${option[device]}"
left=("${camera[@]}")
use_camera "${option[other]}"
right=("${camera[@]}")
# Elements with one model share its weights by themselves. With the same
# model-instance-id they also encode their pictures together, which is for GPUs:
# every picture waits for the other camera's, up to batch-timeout.
tracker+=(model-instance-id=cameras)
other=("${tracker[@]}")
[[ -z ${option[other-prompt]} ]] || other+=("prompt=${option[other-prompt]}")
# The compositor leaves out what comes too late for its latency; a recording can
# wait long.
launch compositor name=screen latency=2000000000 sink_1::xpos=320 \
  ! videoconvert ! x264enc tune=zerolatency ! mp4mux \
  ! filesink "location=$(output)" \
  "${left[@]}" ! "${tracker[@]}" ! sam2overlay ! videoconvert ! screen.sink_0 \
  "${right[@]}" ! "${other[@]}" ! sam2overlay ! videoconvert ! screen.sink_1
