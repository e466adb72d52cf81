#!/bin/bash
# Usage: pipelines/click-to-segment.sh [VIDEO] [OPTION]...
# Shows VIDEO in a window. A left click is on an object, a right click beside
# it; key n goes on to the next object, r forgets all.
#   --camera NAME   a camera instead of VIDEO: /dev/video0, or "test":
#                   a ball that stands still
#   --sink NAME     element that makes the window (default autovideosink)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[prompt]=
option[camera]=
option[sink]=autovideosink
read_arguments "$@"
case ${option[camera]} in
'') use_video ;;
test) video=(videotestsrc pattern=ball num-buffers=1 foreground-color=0xffff6000
  ! "video/x-raw,width=320,height=240" ! imagefreeze is-live=true
  ! "video/x-raw,framerate=15/1") ;;
*) video=(v4l2src "device=${option[camera]}" ! decodebin ! videoconvert) ;;
esac
# The window's mouse events travel upstream to sam2track.
launch "${video[@]}" ! "${tracker[@]}" ! sam2overlay ! videoconvert \
  ! "${option[sink]}"
