"""How well faces and people are found without a model: runs eye_tracking and object_detection over real clips and compares
their timelines with what is known of the clips.
"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

from perceive.rows import row

LEAST_SHARE = 0.9
MOST_FALSE_FACES_A_MINUTE = 1
MOST_COST = 0.4


def add_options(parser):
    group = parser.add_argument_group("people and faces")
    group.add_argument("--people", action="append", default=[], metavar="CLIP=COUNT",
                       help="the people in it, each of whom is to be told once")
    group.add_argument("--face", action="append", default=[], metavar="CLIP",
                       help="one face for all of its time, to be told as one track for nine tenths of it")
    group.add_argument("--nobody", action="append", default=[], metavar="CLIP", help="neither faces nor people")
    group.add_argument("--cost", action="append", default=[], metavar="CLIP",
                       help="what the two cost in processor seconds for a second of video, decoding left out")


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timeline(program, clip, analyzers):
    """The timeline of a clip, and the processor seconds that it took."""
    with tempfile.TemporaryDirectory() as folder:
        before = processor_seconds()
        subprocess.run([program, "analyze-video", "--standalone", "-a", analyzers, "--format", "json", "--out", folder, clip],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        used = processor_seconds() - before
        made = json.loads(next(pathlib.Path(folder).glob("*.json")).read_text())
    for report in made["analyzers"]:
        if report["status"] != "done":
            sys.exit(f"{clip}: {report['id']} is {report['status']}: {report['reason']}")
    return made, used


def told(made, kind):
    return [event for event in made["events"] if event["kind"] == kind]


def spans(events):
    return ", ".join(f"{event['start_s']:.1f} to {event['end_s']:.1f} s" for event in events)


def measure_people(given):
    rows = []
    for clip, count in (pair.rsplit("=", 1) for pair in given.people):
        people = told(timeline(given.timeloom, clip, "object_detection")[0], "object")
        if given.verbose:
            print(f"{clip}: {spans(people)}")
        rows.append(row("people", pathlib.Path(clip).name, f"{len(people)} tracks", count, len(people) == int(count)))
    rows += false_ones(given, "people", "object_detection", "object")
    return rows + costs(given, "people", "object_detection")


def measure_faces(given):
    rows = []
    for clip in given.face:
        made, _ = timeline(given.timeloom, clip, "eye_tracking")
        faces = told(made, "face")
        # The last sighting is one sampling period before the end of what it stands for.
        period = 1 / made["analyzers"][0]["rate_hz"]
        longest = max((face["end_s"] - face["start_s"] + period for face in faces), default=0)
        share = min(1, longest / made["media"]["duration_s"])
        rows.append(row("faces", pathlib.Path(clip).name, f"{len(faces)} track(s), {share:.0%} of the time",
                        f"1, {LEAST_SHARE:.0%}", len(faces) == 1 and share >= LEAST_SHARE))
    rows += false_ones(given, "faces", "eye_tracking", "face", MOST_FALSE_FACES_A_MINUTE)
    return rows + costs(given, "faces", "eye_tracking")


def false_ones(given, part, analyzer, kind, most=None):
    """What is told of clips where nothing is, a minute."""
    seconds = found = 0
    for clip in given.nobody:
        made, _ = timeline(given.timeloom, clip, analyzer)
        here = told(made, kind)
        seconds += made["media"]["duration_s"]
        found += len(here)
        if given.verbose and here:
            print(f"{clip}: {spans(here)}")
    if not seconds:
        return []
    rate = found * 60 / seconds
    return [row(part, f"false {part} a minute, {seconds:.0f} s with nobody", f"{rate:.2f}", "" if most is None else f"{most}",
                None if most is None else rate <= most)]


def costs(given, part, analyzer):
    rows = []
    for clip in given.cost:
        made, decoding = timeline(given.timeloom, clip, "cut_analysis")
        _, used = timeline(given.timeloom, clip, f"cut_analysis,{analyzer}")
        cost = (used - decoding) / made["media"]["duration_s"]
        rows.append(row(part, f"cost of a second of {pathlib.Path(clip).name}", f"{cost:.3f} s of one core", f"{MOST_COST / 2}",
                        cost <= MOST_COST / 2))
    return rows
