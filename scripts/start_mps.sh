#!/usr/bin/env bash
# Usage: scripts/start_mps.sh [UUID...]
#
# Starts one NVIDIA MPS server for each GPU (or for those named), for this user, so that the kernels of several workers
# run on a GPU at once. What runs already is left alone. The compute mode of a GPU is not changed. timeloom finds the
# servers by their directories: $XDG_RUNTIME_DIR/timeloom/mps-UUID, or /tmp/timeloom-USER_ID/mps-UUID.
set -euo pipefail
. "$(dirname "$0")/steps"
. "$(dirname "$0")/mps_directories"

case "${1-}" in -h | --help) usage && exit ;; esac
command -v "$control" >/dev/null || die "$control is not in PATH; it comes with the NVIDIA driver"

# private DIRECTORY: it is there, ours, and closed to others
private() {
  mkdir -m 700 "$1" 2>/dev/null || [[ -d $1 && ! -L $1 ]] || die "cannot make the directory $1"
  [[ -O $1 ]] || die "$1 belongs to another user"
  [[ $(stat -c %a "$1") == *[0-7]00 ]] || die "$1 is open to other users; close it with: chmod 700 $1"
}

choose_gpus "$@"
failures=0
for uuid in "${gpus[@]}"; do
  directory=$(mps_directory "$uuid")
  for each in "$(dirname "$directory")" "$directory" "$directory/pipe" "$directory/log"; do
    private "$each"
  done
  if mps_is_running "$directory"; then
    say "MPS for $uuid runs already"
  elif mps_control "$directory" "$uuid" -d >&2 && becomes yes "$directory"; then
    say "MPS for $uuid started; its log is in $directory/log"
  else
    say "MPS for $uuid did not start; see $directory/log"
    failures=$((failures + 1))
  fi
done
((failures == 0))
