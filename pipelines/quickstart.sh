#!/bin/bash
# Gets the dependencies, builds, and tracks objects through a video.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: pipelines/quickstart.sh [VIDEO --box X,Y,WIDTH,HEIGHT...] [OPTION]...

Tracks objects through VIDEO, and writes it with their masks drawn to
out/quickstart/overlay.mp4 and the masks themselves, one JSON object a frame,
to out/quickstart/masks.ndjson. Without VIDEO: three people in a clip of a yard
that is fetched from a Debian package.

Options:
  --box X,Y,WIDTH,HEIGHT  box around an object in the first frame, in pixels, or
                          in percent with % after a number; one for each object
  --frames N              stop after N frames (default 200; 0 = the whole video)
  --model FILE            checkpoint, .pt or .safetensors (default: the small
                          model that comes with the plugin)
  --help                  print this text
USAGE
}

# People of the clip's first frame.
readonly kClipBoxes=("253,219,31,90" "499,157,31,77" "639,240,46,83")

repo=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)
out=$repo/out/quickstart
video=
model=
frames=200
boxes=()

say() { echo "== $*"; }
die() {
  echo "quickstart: $*" >&2
  exit 2
}

add_box() {
  local number='[0-9]+(\.[0-9]+)?%?'
  [[ $1 =~ ^$number,$number,$number,$number$ ]] ||
    die "--box is \"$1\". Give X,Y,WIDTH,HEIGHT in pixels, for example --box 320,120,200,160."
  boxes+=("$1")
}

parse_arguments() {
  while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --box | --frames | --model)
      [[ $# -ge 2 ]] || die "$1 needs a value. Try --help."
      case $1 in
      --box) add_box "$2" ;;
      --frames) frames=$2 ;;
      --model) model=$2 ;;
      esac
      shift
      ;;
    -*) die "Unknown option $1. Try --help." ;;
    *)
      [[ -z $video ]] || die "Two videos, \"$video\" and \"$1\". Give one."
      video=$1
      [[ -n $video ]] || die "The name of the video is empty."
      ;;
    esac
    shift
  done
}

check_arguments() {
  [[ $frames =~ ^[0-9]{1,9}$ ]] ||
    die "--frames is \"$frames\". Give a number of frames, or 0 for the whole video."
  if [[ -n $video ]]; then
    [[ -f $video && -r $video ]] || die "There is no readable file \"$video\"."
    ((${#boxes[@]})) || die "Which object? Give --box X,Y,WIDTH,HEIGHT around it in the first frame."
    video=$(readlink -f "$video")
  else
    ((${#boxes[@]} == 0)) || die "--box needs a VIDEO of yours. Try --help."
    boxes=("${kClipBoxes[@]}")
  fi
  if [[ -n $model ]]; then
    [[ -f $model && -r $model ]] || die "There is no readable model file \"$model\"."
    model=$(readlink -f "$model")
  fi
}

# Runs a command where the dependencies are, with the user's files in sight.
in_shell() {
  local mounts=() file
  for file in "$video" "$model"; do
    [[ -z $file ]] || mounts+=(--mount "$(dirname "$file")")
  done
  "$repo/tools/shell" "${mounts[@]}" "$@"
}

fetch_clip() {
  local cache
  # shellcheck disable=SC2016  # The inner shell has the variable.
  cache=$(in_shell bash -c 'echo "$SAM2_CACHE"')
  video=$cache/vtest.avi
  [[ -s $video ]] && return
  local partial=$video.$$.partial
  say "Fetching the demonstration clip (once; 98 MB)"
  in_shell "$repo/tools/fetch-clip" "$partial"
  mv "$partial" "$video"
}

prompt_text() {
  local i text=
  for i in "${!boxes[@]}"; do text+="; $((i + 1)):box=${boxes[i]}"; done
  echo "${text:2}"
}

# An encoder that looks ahead would wait for frames while the other branch, its
# first line written, waits for the encoder's first picture: zerolatency.
track() {
  local limit=() model_file=()
  # It ends the stream in place of the buffer that it is told, and lets those
  # pass that a decoder still has then. The queue refuses them, but for one that
  # waits for room in it just then: that one is the second's to end at.
  local end=(! identity "eos-after=$((frames + 1))")
  ((frames == 0)) || limit=(! queue "${end[@]}" "${end[@]}")
  [[ -z $model ]] || model_file=("model-file=$model")
  in_shell /usr/bin/time -f '%e %M' -o "$out/usage" \
    gst-launch-1.0 -e filesrc "location=$video" ! decodebin ! videoconvert \
    "${limit[@]}" ! sam2track "${model_file[@]}" "prompt=$(prompt_text)" \
    ! tee name=result \
    result. ! queue ! sam2overlay ! videoconvert ! x264enc tune=zerolatency \
    ! mp4mux ! filesink "location=$out/overlay.mp4" \
    result. ! queue ! sam2jsonenc ! filesink "location=$out/masks.ndjson"
}

report() {
  local seconds kilobytes count
  read -r seconds kilobytes <"$out/usage"
  rm "$out/usage"
  count=$(wc -l <"$out/masks.ndjson")
  say "Done"
  echo "video        $out/overlay.mp4"
  echo "masks        $out/masks.ndjson"
  awk -v n="$count" -v s="$seconds" -v k="$kilobytes" 'BEGIN {
    printf "frames       %d\nseconds      %.1f (with start-up)\n", n, s
    printf "fps          %.2f\npeak memory  %.0f MB\n", n / s, k / 1024 }'
}

main() {
  parse_arguments "$@"
  check_arguments
  cd "$repo"
  say "Dependencies"
  in_shell --where
  tools/build gst/libgstsam2.so src/libsam2.so.0 models/sam2.1-nano.safetensors
  [[ -n $video ]] || fetch_clip
  say "Tracking: ${#boxes[@]} box(es) in $video"
  mkdir -p "$out"
  rm -f "$out"/{overlay.mp4,masks.ndjson,usage}
  track || {
    echo "quickstart: The pipeline failed; its message is above." >&2
    exit 1
  }
  report
}

main "$@"
