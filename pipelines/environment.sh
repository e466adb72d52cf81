# shellcheck shell=bash disable=SC2034  # The scripts use what is set here.
# Sourced by the scripts of this folder. It reads their arguments, gets plugin
# and demonstration clip, and runs the pipeline where the dependencies are.

repo=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)
out=$repo/out/pipelines

# The names are the options, the values their defaults; a script adds its own.
declare -A option=([prompt]="1:box=43%,41%,14%,18%" [model]="" [track]="")
arguments=()

usage() {
  sed -n '2,/^set/{/^# \?/s/^# \?//p}' "$0"
  cat <<'USAGE'

Options of all scripts:
  --prompt TEXT   what to track, as the property prompt of sam2track (default:
                  the ball of the clip that is drawn where no VIDEO is given)
  --model FILE    checkpoint (default: the model that comes with the plugin)
  --track TEXT    more properties of sam2track, as "NAME=VALUE NAME=VALUE"
  --help          print this text
USAGE
}

die() {
  echo "${0##*/}: $*" >&2
  exit 2
}

read_arguments() {
  while (($#)); do
    case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --*)
      [[ -v "option[${1#--}]" ]] || die "Unknown option $1. Try --help."
      (($# > 1)) || die "$1 needs a value. Try --help."
      option[${1#--}]=$2
      shift
      ;;
    *) arguments+=("$1") ;;
    esac
    shift
  done
  # The tracker, as every pipeline has it.
  read -ra track <<<"${option[track]}"
  tracker=(sam2track "${track[@]}")
  [[ -z ${option[prompt]} ]] || tracker+=("prompt=${option[prompt]}")
  [[ -z ${option[model]} ]] ||
    tracker+=("model-file=$(readable "${option[model]}")")
}

readable() {
  [[ -r $1 ]] || die "There is no readable file \"$1\"."
  readlink -f "$1"
}

# Prints the pipeline, and runs it with the user's folders in sight.
launch() {
  local mounts=() word
  for word in "$@"; do
    [[ $word == *=/* ]] || continue
    word=$(dirname "${word#*=}")
    [[ ! -d $word ]] || mounts+=(--mount "$word")
  done
  [[ -n ${GST_PLUGIN_PATH:-} || -e $repo/build/gst/libgstsam2.so ]] ||
    "$repo/tools/build" gst/libgstsam2.so src/libsam2.so.0 \
      models/sam2.1-nano.safetensors
  printf '%q ' gst-launch-1.0 "$@"
  echo
  "$repo/tools/shell" "${mounts[@]}" gst-launch-1.0 -e "$@"
}

# Sets `video`, elements that give the pictures of the first argument, or of a
# clip of an orange ball before rings, which is drawn once.
use_video() {
  ((${#arguments[@]} < 2)) || die "Give one video, not ${#arguments[@]}."
  local file=${arguments[0]:-}
  if [[ -z $file ]]; then
    file=$out/ball.mp4
    [[ -s $file ]] || make_clip "$file" 60
  fi
  file=$(readable "$file")
  video=(filesrc "location=$file" ! decodebin ! videoconvert)
}

make_clip() {
  local caps=video/x-raw,width=320,height=240,framerate=15/1
  mkdir -p "$(dirname "$1")"
  launch -q compositor name=scene ! videoconvert ! x264enc ! mp4mux \
    ! filesink "location=$1.part" \
    videotestsrc pattern=zone-plate kx2=8 ky2=8 kt=0 "num-buffers=$2" \
    ! $caps ! scene. \
    videotestsrc pattern=ball "num-buffers=$2" background-color=0xff00ff00 \
    foreground-color=0xffff6000 ! $caps ! alpha method=green ! scene.
  mv "$1.part" "$1"
}

# Makes the folder of the output, and prints the whole path.
output() {
  mkdir -p "$(dirname "${option[output]}")"
  readlink -f "${option[output]}"
}
