#!/bin/bash
# Usage: pipelines/ndjson.sh [VIDEO] [OPTION]...
# Writes boxes, scores and masks as one JSON object a frame.
#   --output FILE   (default out/pipelines/objects.ndjson)
#   --to HOST:PORT  sends the lines to a TCP server too; to see them:
#                   nc -l -p 5000, and here --to 127.0.0.1:5000
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[output]=$out/objects.ndjson
option[to]=
read_arguments "$@"
use_video
network=()
[[ -z ${option[to]} ]] || network=(lines. ! queue
  ! tcpclientsink "host=${option[to]%:*}" "port=${option[to]##*:}")
launch "${video[@]}" ! "${tracker[@]}" ! sam2jsonenc ! tee name=lines \
  lines. ! queue ! filesink "location=$(output)" "${network[@]}"
