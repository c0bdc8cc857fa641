"""How well text_overlay reads: makes clips with known words, runs the product over them and scores it.

The clips are made by the ffmpeg program's drawtext over the stretches of --footage, or over ffmpeg's test pictures, and
kept in --cache. For each category of overlays there are the character error rate (Levenshtein distance over the length of
the true line; a line that was not found is all errors), how many lines were found, how far starts and ends are off in
samples, and words that are not there.
"""

import concurrent.futures
import glob
import hashlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys

from perceive.rows import row

FPS = 25
SECONDS = 12
TEST_PICTURES = ["mandelbrot=start_scale=0.3", "gradients=speed=0.02:seed=7", "testsrc2", "cellauto=rule=110"]
WORDS = """I you he she we they it the a that this what where when why who never always often maybe really only just still
house garden river window letter friend brother sister doctor captain teacher morning evening winter summer money water
train station village mountain kitchen music story answer question secret promise journey silence shadow thunder paper
said told asked found lost left came went knows thinks wants needs looks feels sounds remember forget believe follow
wait leave listen carry bring open close break hold keep learn build happy quiet broken yellow young ready alone
together outside inside tomorrow yesterday tonight again away before after without because about through against John
Mary Emma Jack London Paris Friday Sunday don't can't won't I'm it's that's you're we'll""".split()
MOST_CER = 0.05
MOST_FALSE_WORDS_A_MINUTE = 1
STATIC = ("outlined", "boxed", "plain", "transparent")
CATEGORIES = ["20 px at 480p", *STATIC, "similar", "fading", "rolling", "sliding", "no text"]


def sentence(r, letters):
    words = [r.choice(WORDS)]
    while len(" ".join(words)) < letters:
        words.append(r.choice(WORDS))
    if r.random() < 0.15:
        words.insert(r.randrange(len(words)), str(r.choice([7, 12, 25, 1984, 2019, 300])))
    if r.random() < 0.3:
        words[r.randrange(len(words))] += ","
    text = " ".join(words)
    return text[0].upper() + text[1:] + r.choice([".", ".", "?", "!", "", "..."])


class recipe:
    """One clip to be made: overlays on a stretch of footage."""

    def __init__(self, category, seed, sources, fonts):
        self.category = category
        r = self.random = random.Random(f"{category}/{seed}")
        self.name = f"{category.replace(' ', '_')}_{seed:03d}"
        self.height = 480 if "480p" in category else r.choice([480, 720, 720, 1080])
        self.width = {480: 854, 720: 1280, 1080: 1920}[self.height]
        self.lines = []  # (text, first second, last second)
        self.overlays = []  # drawtext filters; {FOLDER} is where the words are
        self.words = []
        self.font = r.choice(fonts)
        self.crf = r.choice([18, 23, 26])
        if sources:
            pick = r.choice(sources)
            self.length = min(SECONDS, pick["end"] - pick["start"])
            start = pick["start"] + r.random() * max(0.0, pick["end"] - pick["start"] - self.length)
            self.input = ["-ss", f"{start:.3f}", "-t", f"{self.length:.3f}", "-i", pick["path"]]
        else:
            self.length = SECONDS
            picture = r.choice(TEST_PICTURES)
            joint = ":" if "=" in picture else "="
            self.input = ["-f", "lavfi", "-t", str(SECONDS), "-i", f"{picture}{joint}s={self.width}x{self.height}:r={FPS}"]
        getattr(self, {"20 px at 480p": "outlined"}.get(category, category).replace(" ", "_"))()

    def size(self):
        if self.category == "20 px at 480p":
            return 20
        return self.random.choice([24, 28, 32, 36, 44, 56] if self.height > 480 else [24, 26, 30, 36])

    def draw(self, text, size, start, end, x, y, style):
        self.lines.append((text, start, end))
        self.words.append(text)
        name = f"{self.name}.{len(self.words)}.txt"
        # The font's own advance is used; a line is on screen in [start, end).
        self.overlays.append(f"drawtext=fontfile='{self.font}':textfile='{{FOLDER}}/{name}':expansion=none:"
                             f"fontsize={size}:x='{x}':y='{y}':{style}:enable='gte(t,{start:.2f})*lt(t,{end:.2f})'")

    def subtitles(self, style, size, where="bottom"):
        r = self.random
        time = r.uniform(0.2, 1.2)
        while time < self.length - 1.5:
            end = min(self.length, time + r.uniform(1.6, 4))
            count = r.choice([1, 1, 2])
            for row in range(count):
                letters = min(r.randint(12, 42), int(self.width * 0.85 / (0.62 * size)))
                if where == "bottom":
                    y = f"h-{int((count - row) * 1.35 * size + 0.06 * self.height)}"
                    x = "(w-tw)/2"
                else:
                    y = f"{where:.3f}*h+{int(row * 1.35 * size)}"
                    x = f"{int(0.05 * self.width)}"
                self.draw(sentence(r, letters)[:letters].strip(), size, time, end, x, y, style)
            time = end + r.choice([0.1, 0.5, 2.0])

    def outlined(self):
        size = self.size()
        color = self.random.choice(["white", "white", "yellow"])
        self.subtitles(f"fontcolor={color}:borderw={max(1, size / 16):.1f}:bordercolor=black", size)

    def boxed(self):
        size, r = self.size(), self.random
        fore, back = r.choice([("white", "black@0.6"), ("black", "white@0.7"), ("white", "navy@0.8"), ("yellow", "black"),
                               ("black", "yellow@0.9")])
        self.subtitles(f"fontcolor={fore}:box=1:boxcolor={back}:boxborderw={size // 4}", size,
                       r.choice(["bottom", 0.1, 0.7]))

    def plain(self):
        size, r = self.size(), self.random
        color, shadow = r.choice([("white", "black"), ("black", "white"), ("yellow", "black"), ("cyan", "black@0.6")])
        self.subtitles(f"fontcolor={color}:shadowcolor={shadow}:shadowx=2:shadowy=2", size,
                       r.choice(["bottom", 0.08, 0.4, 0.75]))

    def transparent(self):
        size, r = self.size() + 8, self.random
        self.subtitles(f"fontcolor=white@{r.choice([0.5, 0.6, 0.7, 0.8])}:borderw=1:bordercolor=black@0.4", size,
                       r.choice(["bottom", 0.08, 0.75]))

    def similar(self):
        """Subtitles that follow each other without a pause, and differ in a word or a letter."""
        size, r = self.size(), self.random
        style = f"fontcolor=white:borderw={max(1, size / 16):.1f}:bordercolor=black"
        time = r.uniform(0.2, 1.2)
        while time < self.length - 4.5:
            words = sentence(r, min(r.randint(14, 26), int(self.width * 0.6 / (0.62 * size)))).split()
            other = list(words)
            at = r.randrange(len(words))
            change = r.choice(["another", "one more", "number"])
            if change == "another":
                other[at] = r.choice([word for word in ("him", "her", "them", "love", "loved", "here", "there") if word != words[at]])
            elif change == "one more":
                other.insert(max(1, at), "not")
            else:
                number = r.randint(1, 98)
                words[at], other[at] = str(number), str(number + 1)
            for said in (words, other):
                end = time + r.uniform(1.6, 2.2)
                self.draw(" ".join(said), size, time, end, "(w-tw)/2", f"h-{int(1.35 * size + 0.06 * self.height)}", style)
                time = end
            time += 0.5

    def fading(self):
        size, r = self.size(), self.random
        time = r.uniform(0.3, 1.2)
        while time < self.length - 2.5:
            end = min(self.length, time + r.uniform(2.5, 4))
            alpha = f"clip(min((t-{time:.2f})/0.6,({end:.2f}-t)/0.6),0,1)"
            letters = min(r.randint(12, 40), int(self.width * 0.85 / (0.62 * size)))
            self.draw(sentence(r, letters), size, time, end, "(w-tw)/2", f"{r.uniform(0.1, 0.85):.2f}*h",
                      f"fontcolor=white:shadowcolor=black:shadowx=1:shadowy=1:alpha='{alpha}'")
            time = end + 0.4

    def rolling(self):
        """Credits that move up."""
        size, r = self.size(), self.random
        speed = r.uniform(0.06, 0.16) * self.height
        for row in range(12):
            shown = row * 1.6 * size / speed
            gone = shown + (self.height + size) / speed
            if shown > self.length - 3:
                break
            letters = min(r.randint(8, 28), int(self.width * 0.85 / (0.62 * size)))
            self.draw(sentence(r, letters), size, shown, min(gone, self.length), "(w-tw)/2",
                      f"h-{speed:.1f}*(t-{shown:.3f})", "fontcolor=white:borderw=1.5:bordercolor=black")
            edge = 1.5 * size / speed  # comes in and goes out
            self.lines[-1] = (self.lines[-1][0], shown + edge, min(gone - edge, self.length))

    def sliding(self):
        """Names that come in from a side and go on slowly."""
        size, r = self.size() + 4, self.random
        time = 0.3
        while time < self.length - 3:
            end = min(self.length, time + r.uniform(3, 4.5))
            speed = r.uniform(0.02, 0.12) * self.width
            letters = min(r.randint(8, 24), int(self.width * 0.5 / (0.62 * size)))
            self.draw(sentence(r, letters), size, time, end, f"0.03*w+{speed:.1f}*(t-{time:.2f})",
                      f"{r.uniform(0.1, 0.85):.2f}*h", "fontcolor=white:borderw=1.5:bordercolor=black")
            time = end + 0.3

    def no_text(self):
        pass

    def write_words(self, folder):
        for number, text in enumerate(self.words, 1):
            (folder / f"{self.name}.{number}.txt").write_text(text)

    def command(self, folder, out):
        look = [f"fps={FPS}", f"scale={self.width}:{self.height}:force_original_aspect_ratio=increase:flags=bicubic",
                f"crop={self.width}:{self.height}", "setsar=1"]
        look += [one.replace("{FOLDER}", str(folder)) for one in self.overlays]
        return ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1", *self.input, "-vf",
                ",".join(look + ["format=yuv420p"]), "-an", "-threads", "1", "-c:v", "libx264", "-preset", "veryfast",
                "-crf", str(self.crf), "-f", "mp4", str(out)]


def make(clip, folder):
    command = clip.command(folder, "OUT")
    key = hashlib.sha256(json.dumps([command, clip.words]).encode()).hexdigest()[:12]
    path = folder / f"{clip.name}_{key}.mp4"
    if not path.exists():
        clip.write_words(folder)
        part = path.with_suffix(".part")
        subprocess.run(clip.command(folder, part), check=True)
        part.rename(path)
    return path


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (one != other))
    return row[-1]


def plain_marks(text):
    for fancy, plain in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("—", "-"), ("…", "...")):
        text = text.replace(fancy, plain)
    return " ".join(text.split())


class score:
    def __init__(self):
        self.errors = self.letters = self.lines = self.found = self.late = self.doubled = self.false_words = 0
        self.seconds = 0.0

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def cer(self):
        return self.errors / max(1, self.letters)


def score_clip(clip, timeline, rate, complain):
    made = score()
    made.seconds = clip.length
    events = [e for e in timeline["events"] if e["analyzer"] == "text_overlay"]
    step = 1 / rate
    for event in events:
        event["said"] = plain_marks(event["text"])
        on = [text for text, start, end in clip.lines if event["start_s"] < end + step and event["end_s"] > start - step]
        event["least_errors"] = min((distance(text, event["said"]) for text in on), default=0)
    used = set()
    for text, start, end in clip.lines:
        if not any(start <= k * step < end for k in range(int(end / step) + 2)):
            continue  # between two samples
        made.lines += 1
        made.letters += len(text)
        during = [i for i, e in enumerate(events) if e["start_s"] < end + step and e["end_s"] > start - step]
        near = sorted((distance(text, events[i]["said"]), i) for i in during)
        # What says another line better is that line's.
        near = [(errors, i) for errors, i in near if errors <= 0.5 * len(text) and errors == events[i]["least_errors"]]
        parts = [i for i in during if len(events[i]["said"]) > 3 and events[i]["said"] in text]
        if not near:
            made.errors += len(text)
            complain(f"{clip.name}: missed [{text}] at {start:.2f} to {end:.2f}")
            used.update(parts)
            continue
        errors, best = near[0]
        made.found += 1
        made.errors += errors
        made.doubled += len(near) - 1
        used.update(i for _, i in near)
        used.update(parts)
        off = max(abs(events[best]["start_s"] - start), abs(events[best]["end_s"] - end))
        if off > step + 1 / FPS:
            made.late += 1
            complain(f"{clip.name}: [{text}] is at {start:.2f} to {end:.2f}, told {events[best]['start_s']:.2f} to "
                     f"{events[best]['end_s']:.2f}")
        if errors:
            complain(f"{clip.name}: [{text}] was read [{events[best]['said']}]")
    for i, event in enumerate(events):
        if i not in used:
            made.false_words += len(event["said"].split())
            complain(f"{clip.name}: nothing says [{event['said']}] at {event['start_s']:.2f}, {event['score']}")
    return made


def add_options(parser):
    group = parser.add_argument_group("text")
    group.add_argument("--footage", type=pathlib.Path, help="a JSON list of stretches without text: [{\"file\": "
                       "\"clips/walk.mp4\", \"start\": 0.5, \"end\": 9.0, \"set\": \"tuning\"}, ...], files relative to the "
                       "list (default: ffmpeg's test pictures)")
    group.add_argument("--set", help="only stretches of this set")
    group.add_argument("--fonts", default="/usr/share/fonts/truetype/dejavu", type=pathlib.Path, help="a folder of .ttf files")
    group.add_argument("--seeds", type=int, default=3, help="clips of each category")
    group.add_argument("--first-seed", type=int, default=0)
    group.add_argument("--rate", type=float, default=1, help="pictures a second")
    group.add_argument("--category", action="append", help="only these: " + ", ".join(CATEGORIES))
    group.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("/tmp/timeloom-perception-text"))


def clips_of(given):
    """The recipes and the files that were made by them."""
    sources = []
    for one in json.loads(given.footage.read_text()) if given.footage else []:
        if not given.set or one.get("set") == given.set:
            sources.append({**one, "path": str(given.footage.parent / one["file"])})
    fonts = [font for font in sorted(glob.glob(str(given.fonts / "*.ttf"))) if "Math" not in font]
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    clips = [recipe(category, seed, sources, fonts) for category in given.category or CATEGORIES for seed in seeds]
    given.cache.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return clips, list(pool.map(lambda clip: make(clip, given.cache), clips))


def measure(given):
    clips, paths = clips_of(given)
    config = given.cache / "config.yaml"
    config.write_text(f"analyzers: {{text_overlay: {{rate_hz: {given.rate}}}}}\n")
    out = given.cache / "timelines"
    subprocess.run([given.timeloom, "analyze-video", "--standalone", "--config", config, "--analyzers", "text_overlay", "--format",
                    "json", "--overwrite", "--out", out, *paths], check=True, stdout=subprocess.DEVNULL)
    complain = print if given.verbose else lambda _: None
    results = {clip.category: score() for clip in clips}
    pictures, cost = 0, 0.0
    for clip, path in zip(clips, paths):
        timeline = json.loads((out / f"{path.stem}.timeline.json").read_text())
        report = next(a for a in timeline["analyzers"] if a["id"] == "text_overlay")
        if report["status"] != "done":
            sys.exit(f"{path}: {report}")
        pictures += report["frames"]
        cost += report["seconds"]
        results[clip.category].add(score_clip(clip, timeline, given.rate, complain))

    rows = []
    static = score()
    for category, one in results.items():
        if category == "no text":
            false = 60 * one.false_words / max(1.0, one.seconds)
            rows.append(row("text", f"false words a minute, {one.seconds:.0f} s without text", f"{false:.2f}",
                            f"{MOST_FALSE_WORDS_A_MINUTE}", false <= MOST_FALSE_WORDS_A_MINUTE))
            continue
        told = (f"{one.cer:.2%} CER, {one.found} of {one.lines} lines, {one.late} off in time, {one.doubled} doubled, "
                f"{one.false_words} false words")
        marked = category == "20 px at 480p"
        rows.append(row("text", category, told, f"{MOST_CER:.0%}" if marked else "", one.cer <= MOST_CER if marked else None))
        if category in STATIC:
            static.add(one)
    if static.lines:
        rows.append(row("text", "all of 24 px and more that stay", f"{static.cer:.2%} CER, {static.lines} lines", f"{MOST_CER:.0%}",
                        static.cer <= MOST_CER))
    rows.append(row("text", f"cost of a picture, {pictures} pictures", f"{1000 * cost / max(1, pictures):.0f} ms"))
    return rows
