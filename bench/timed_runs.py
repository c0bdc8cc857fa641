"""Clips of a minute, and what commands cost on them, for the benchmarks of speed."""
import resource
import subprocess
import time


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def made_clip(cache, width=1920, height=1080, bitrate="4M"):
    """A minute, 30 pictures/s: four sources of 15 s with motion, detail and noise, encoded to the bitrate."""
    clip = cache / (f"minute-{height}.mp4" if height != 1080 else "minute.mp4")
    if clip.exists():
        return clip
    cache.mkdir(parents=True, exist_ok=True)
    size = f"{width}x{height}"
    sources = [f"mandelbrot=s={size}:r=30", f"testsrc2=s={size}:r=30", "life=s=480x270:r=30:mold=10:ratio=0.2",
               f"gradients=s={size}:r=30:speed=0.05"]
    inputs, chains = [], []
    for i, source in enumerate(sources):
        inputs += ["-f", "lavfi", "-t", "15", "-i", source]
        chains.append(f"[{i}]scale={width}:{height},noise=alls=6:allf=t,setsar=1,format=yuv420p[v{i}]")
    graph = ";".join(chains) + ";" + "".join(f"[v{i}]" for i in range(len(sources))) + f"concat=n={len(sources)}[v]"
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", "-c:v", "libx264", "-preset", "veryfast", "-b:v", bitrate,
           "-maxrate", bitrate, "-bufsize", bitrate, clip)
    return clip


def with_sound(clip, cache):
    """The clip with a minute of noise that swells and falls, as AAC."""
    sounding = cache / f"{clip.stem}-sound.mp4"
    cache.mkdir(parents=True, exist_ok=True)
    if not sounding.exists():
        ffmpeg("-i", clip, "-f", "lavfi", "-i", "anoisesrc=c=pink:r=48000:a=0.7:seed=1,tremolo=f=0.2:d=0.9,aformat=cl=stereo",
               "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-b:a", "128k", "-shortest", sounding)
    return sounding


def timed(command):
    """Wall and processor seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
