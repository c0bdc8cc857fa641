"""Loudness and silences beside ffmpeg's: runs audio_levels, and ffmpeg's filters ebur128 (with true peak) and silencedetect,
on each file. True peak and range have no mark: both depend on details of oversampling and of windows that the standards
leave open.
"""
import json
import pathlib
import re
import subprocess
import tempfile

from perceive.rows import row

MOST_LU = 0.1
MOST_EDGE_S = 0.05


def add_options(parser):
    group = parser.add_argument_group("sound")
    group.add_argument("--sound", action="append", default=[], metavar="CLIP", type=pathlib.Path,
                       help="to be as loud and as silent as ffmpeg says")


def by_ffmpeg(video, stream):
    """Integrated loudness, range, true peak and the silences as [from, to], from the start of the file."""
    run = subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-i", video, "-map", f"0:{stream}", "-af",
                          "silencedetect=noise=-60dB:d=2,aresample=48000,ebur128=peak=true", "-f", "null", "-"],
                         capture_output=True, text=True, errors="replace", check=True).stderr
    summary = run[run.rindex("Summary:"):]
    number = {name: float(re.search(rf"{name}:\s+(\S+)", summary).group(1)) for name in ("I", "LRA", "Peak")}
    starts = [float(t) for t in re.findall(r"silence_start: (\S+)", run)]
    ends = [float(t) for t in re.findall(r"silence_end: (\S+)", run)]
    return number["I"], number["LRA"], number["Peak"], list(zip(starts, ends))


def by_timeloom(program, video):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([program, "analyze-video", "--standalone", video, "--analyzers", "audio_levels", "--format", "json", "--out", out,
                        "--quiet"], check=True)
        made = json.loads(next(pathlib.Path(out).glob("*.json")).read_text())
    whole = next(e for e in made["events"] if e["kind"] == "programme")
    sound = whole["attributes"]
    # Where there is no sound stream any more, ffmpeg has nothing to look at; for timeloom it is silent until the end.
    silences = [(e["start_s"], min(e["end_s"], whole["end_s"])) for e in made["events"] if e["kind"] == "silence"]
    return sound["stream"], (sound["integrated_lufs"], sound["range_lu"], sound["true_peak_dbtp"], silences)


def measure(given):
    rows = []
    for video in given.sound:
        stream, ours = by_timeloom(given.timeloom, video)
        theirs = by_ffmpeg(video, stream)
        off = abs(max(theirs[0], -70) - ours[0])
        edges = [abs(a - b) for one, other in zip(theirs[3], ours[3]) for a, b in zip(one, other)]
        if given.verbose:
            print(f"{video}: ffmpeg's {theirs}, ours {ours}")
        rows.append(row("sound", video.name, f"{ours[0]:.1f} LUFS, off by {off:.1f}; {len(ours[3])} silences, off by "
                        f"{max(edges, default=0):.2f} s; peak off by {abs(theirs[2] - ours[2]):.1f} dB", f"{MOST_LU} LU, {MOST_EDGE_S} s",
                        off <= MOST_LU + 1e-4 and len(ours[3]) == len(theirs[3]) and max(edges, default=0) <= MOST_EDGE_S))
    return rows
