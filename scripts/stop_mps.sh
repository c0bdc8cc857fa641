#!/usr/bin/env bash
# Usage: scripts/stop_mps.sh [UUID...]
#
# Stops the NVIDIA MPS servers of this user that scripts/start_mps.sh or timeloom started: all of them, or those of the
# GPUs named. Where none runs, nothing is done.
set -euo pipefail
. "$(dirname "$0")/steps"
. "$(dirname "$0")/mps_directories"

case "${1-}" in -h | --help) usage && exit ;; esac
if (($# == 0)); then
  listed=$(gpu_uuids)
  mapfile -t found <<<"$listed"
  set -- "${found[@]}"
fi
failures=0
for uuid in "$@"; do
  directory=$(mps_directory "$uuid")
  if ! mps_is_running "$directory"; then
    say "MPS for $uuid does not run"
  elif echo quit | mps_control "$directory" "$uuid" >&2 && becomes no "$directory"; then
    say "MPS for $uuid stopped"
  else
    say "MPS for $uuid did not stop; its clients may still run"
    failures=$((failures + 1))
  fi
done
((failures == 0))
