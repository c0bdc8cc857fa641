#!/usr/bin/env bash
# Usage: scripts/stop_mps.sh [UUID...]
#
# Stops the NVIDIA MPS servers of this user that scripts/start_mps.sh or timeloom started: all of them, or those of the
# GPUs named. Where none runs, nothing is done.
set -euo pipefail
. "$(dirname "$0")/steps"
. "$(dirname "$0")/mps_directories"

case "${1-}" in -h | --help) usage && exit ;; esac
choose_gpus "$@"
failures=0
for uuid in "${gpus[@]}"; do
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
