#!/usr/bin/env python3
"""Frames a second in the middle of a run: `timeloom analyze-video ... --progress json | bench/gpu/steady_speed.py`.

Prints the frames of all videos per second between the moments when a tenth and nine tenths of them were through: the
start of processes and models lies before, and the end, when not every worker has a video any more, behind. A video's
pictures for the models go with its frames, a few of them ahead.
"""
import json
import sys
import time


def main() -> int:
    frames, through, total = {}, [], 0
    for line in sys.stdin:
        told = json.loads(line)
        if told.get("type") != "progress":
            continue
        new = told["frames"] - frames.get(told["video"], 0)
        if new > 0:  # another attempt begins anew
            frames[told["video"]] = told["frames"]
            total += new
            through.append((time.monotonic(), total))
    middle = [at for at in through if 0.1 * total <= at[1] <= 0.9 * total]
    if len(middle) < 2:
        print("steady_speed.py: too few lines of progress to tell a speed", file=sys.stderr)
        return 1
    (start, before), (end, after) = middle[0], middle[-1]
    print(f"{(after - before) / (end - start):.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
