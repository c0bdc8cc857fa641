// The upper canvas: overview of the whole video, time ruler, scenes with their pictures.

const head = document.getElementById('head');
const head_paint = head.getContext('2d');
const overview_h = 30, ruler_h = 26;
const scenes_h = scenes.length ? 84 : 0;
const head_h = overview_h + ruler_h + scenes_h + (scenes_h ? 8 : 0);

const theme = {};
function read_theme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['ground', 'panel', 'line', 'faint', 'ink', 'soft', 'accent', 'head', 'lightness', 'chroma', 'partial'])
    theme[name] = style.getPropertyValue('--' + name).trim();
  hues.clear();
  theme.font = getComputedStyle(document.body).fontFamily;
}
const hues = new Map();
function hue(track, alpha = 1) {
  const key = track.hue * 2 + alpha; // alpha is at most 1 and hues differ by more than 2
  let color = hues.get(key);
  if (!color) hues.set(key, (color = `oklch(${theme.lightness} ${theme.chroma} ${track.hue} / ${alpha})`));
  return color;
}

// Sizes a canvas for the screen's pixels and leaves it clear, in CSS pixels.
function prepare(canvas, paint, width, height) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + 'px';
  }
  paint.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint.clearRect(0, 0, width, height);
  paint.textBaseline = 'middle';
}

function rounded(paint, x, y, w, h, r) {
  paint.beginPath();
  paint.roundRect(x, y, w, h, Math.min(r, w / 2, h / 2));
}

// Text cut with an ellipsis where it would leave `room` pixels; measured once a text.
const widths = new Map();
function fit_text(paint, text, x, y, room) {
  if (room < 14) return;
  if (text.length > 120) text = text.slice(0, 120);
  text = text.replace(/\s+/g, ' ');
  const measure = (t) => {
    const key = paint.font + t;
    let w = widths.get(key);
    if (w === undefined) {
      if (widths.size > 20000) widths.clear();
      widths.set(key, (w = paint.measureText(t).width));
    }
    return w;
  };
  if (measure(text) > room) {
    let low = 0, high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (measure(text.slice(0, middle) + '…') <= room) low = middle; else high = middle - 1;
    }
    if (low < 2) return;
    text = text.slice(0, low).trimEnd() + '…';
  }
  paint.fillText(text, x, y);
}

// ---- Overview

let density = null;
function density_of(width) {
  if (density && density.width === width && density.of === shown) return density;
  const bins = new Float32Array(Math.max(1, Math.floor(width / 3)));
  for (const e of shown) bins[Math.min(bins.length - 1, Math.floor((e.from / duration) * bins.length))] += 1;
  return (density = { width, of: shown, bins, most: bins.reduce((a, b) => Math.max(a, b), 1) });
}

function draw_overview(paint) {
  const w = view.width;
  paint.fillStyle = theme.ground;
  paint.fillRect(0, 0, w, overview_h);
  paint.fillStyle = theme.faint;
  scenes.forEach((s, i) => { if (i % 2) paint.fillRect((s.start_s / duration) * w, 0, ((s.end_s - s.start_s) / duration) * w, overview_h); });
  const { bins, most } = density_of(w);
  paint.fillStyle = theme.soft;
  paint.globalAlpha = 0.75;
  bins.forEach((n, i) => { if (n) { const h = 2 + (overview_h - 8) * Math.sqrt(n / most); paint.fillRect(i * 3, overview_h - h, 2, h); } });
  paint.globalAlpha = 1;
  const x = (view.start / duration) * w, width = Math.max(6, (view.span / duration) * w);
  if (view.span < duration * 0.999) {
    paint.fillStyle = theme.ground;
    paint.globalAlpha = 0.62;
    paint.fillRect(0, 0, x, overview_h);
    paint.fillRect(x + width, 0, w - x - width, overview_h);
    paint.globalAlpha = 1;
    paint.strokeStyle = theme.accent;
    paint.lineWidth = 1.5;
    rounded(paint, x + 0.75, 0.75, width - 1.5, overview_h - 1.5, 4);
    paint.stroke();
  }
  if (playhead !== null) {
    paint.fillStyle = theme.head;
    paint.fillRect((playhead / duration) * w - 0.75, 0, 1.5, overview_h);
  }
}

// ---- Ruler

const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
function ruler_step() {
  const least = (view.span / view.width) * 84;
  return steps.find((s) => s >= least) || steps[steps.length - 1] * Math.ceil(least / 86400);
}

function draw_ruler(paint) {
  const step = ruler_step(), digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
  const y = overview_h;
  paint.fillStyle = theme.line;
  paint.fillRect(0, y, view.width, 1);
  paint.font = `11px ${theme.font}`;
  const fine = step / (step === 15 || step === 30 ? 3 : 5);
  for (let i = Math.floor(view.start / fine); i * fine <= view.start + view.span; ++i)
    paint.fillRect(Math.round(x_of(i * fine)), y + ruler_h - 4, 1, 4);
  for (let i = Math.floor(view.start / step); i * step <= view.start + view.span; ++i) {
    const x = Math.round(x_of(i * step));
    paint.fillStyle = theme.line;
    paint.fillRect(x, y + 6, 1, ruler_h - 6);
    paint.fillStyle = theme.soft;
    paint.fillText(clock(i * step, digits), x + 5, y + ruler_h / 2 + 1);
  }
}

// ---- Scenes

const pictures = new Map();
function picture(s) {
  const source = picture_source(s);
  if (!source) return null;
  if (!pictures.has(s)) {
    const image = new Image();
    image.onload = redraw;
    image.src = source;
    pictures.set(s, image);
  }
  return pictures.get(s);
}

// Whether the scenes in view are too narrow to be shown one by one.
function crowded() {
  const first = scene_at(Math.max(0, view.start)), last = scene_at(Math.min(duration, view.start + view.span) - 1e-6);
  return first && last && view.width / (last.place - first.place + 1) < 34;
}

// Fills a box with the middle of a picture.
function draw_cover(paint, image, x, y, w, h) {
  const scale = Math.max(w / image.naturalWidth, h / image.naturalHeight);
  const from_w = w / scale, from_h = h / scale;
  paint.drawImage(image, (image.naturalWidth - from_w) / 2, (image.naturalHeight - from_h) / 2, from_w, from_h, x, y, w, h);
}

// Many scenes: a film strip of those in the middle of slots that stand still while the view pans.
function draw_strip(paint, y, h) {
  const natural = Math.min(200, Math.max(50, (h * media.width) / (media.height || 1) || 120));
  const slot = 2 ** Math.round(Math.log2((natural / view.width) * view.span));
  for (let i = Math.floor(view.start / slot); i * slot < view.start + view.span; ++i) {
    const s = scene_at(Math.min(duration - 1e-6, (i + 0.5) * slot));
    const x = x_of(i * slot), w = x_of(Math.min(duration, (i + 1) * slot)) - x - 1.5;
    const image = s && picture(s);
    paint.save();
    rounded(paint, x, y, w, h, 5);
    paint.fillStyle = theme.faint;
    paint.fill();
    paint.clip();
    if (image && image.complete && image.naturalWidth) draw_cover(paint, image, x, y, w, h);
    paint.restore();
  }
  const marked = selected && selected.place !== undefined ? selected : hovered && hovered.scene;
  if (marked) {
    paint.fillStyle = theme.accent;
    paint.fillRect(x_of(marked.start_s), y + h + 2, Math.max(3, x_of(marked.end_s) - x_of(marked.start_s)), 3);
  }
}

function draw_scenes(paint) {
  const y = overview_h + ruler_h, h = scenes_h;
  if (crowded()) return draw_strip(paint, y, h);
  let painted_to = -1;
  for (let i = 0; i < scenes.length; ++i) {
    const s = scenes[i];
    if (s.end_s < view.start) continue;
    if (s.start_s > view.start + view.span) break;
    const x = x_of(s.start_s), right = x_of(s.end_s), w = right - x - 1.5;
    if (right - painted_to < 3) continue; // hidden behind its neighbours at this zoom
    painted_to = Math.max(right, painted_to);
    const chosen = selected === s;
    paint.save();
    rounded(paint, x, y, Math.max(1.5, w), h, 5);
    paint.fillStyle = theme.faint;
    paint.fill();
    paint.clip();
    const image = w > 5 ? picture(s) : null;
    let text_x = Math.max(x, 0) + 8;
    if (image && image.complete && image.naturalWidth) {
      const natural = (h / image.naturalHeight) * image.naturalWidth;
      const shown_w = Math.min(w, natural);
      const crop = shown_w / natural; // narrow scenes show the middle of their picture
      const at = Math.min(Math.max(x, 0), Math.max(x, right - 1.5 - shown_w)); // stays in view while its scene is
      paint.drawImage(image, ((1 - crop) / 2) * image.naturalWidth, 0, crop * image.naturalWidth, image.naturalHeight, at, y, shown_w, h);
      text_x = at + shown_w + 8;
    }
    const room = right - text_x - 6;
    if (room > 34) {
      paint.fillStyle = theme.ink;
      paint.font = `600 12px ${theme.font}`;
      fit_text(paint, `Scene ${s.number}`, text_x, y + 15, room);
      paint.fillStyle = theme.soft;
      paint.font = `11px ${theme.font}`;
      fit_text(paint, clock(s.start_s, 1), text_x, y + 32, room);
      fit_text(paint, plural(s.shots, 'shot'), text_x, y + 47, room);
    } else if (w > 26) {
      paint.font = `600 10px ${theme.font}`;
      const label = String(s.number), width = paint.measureText(label).width;
      paint.fillStyle = 'rgb(0 0 0 / 0.6)';
      rounded(paint, x + 3, y + h - 17, width + 8, 14, 3);
      paint.fill();
      paint.fillStyle = '#fff';
      paint.fillText(label, x + 7, y + h - 9.5);
    }
    paint.restore();
    if (chosen || (hovered && hovered.scene === s)) {
      paint.strokeStyle = theme.accent;
      paint.lineWidth = chosen ? 2.5 : 1.5;
      rounded(paint, x + 1, y + 1, Math.max(1, w - 2), h - 2, 4);
      paint.stroke();
    }
  }
}

function draw_line(paint, t, top, bottom, color) {
  const x = x_of(t);
  if (x < 0 || x > view.width) return;
  paint.fillStyle = color;
  paint.fillRect(Math.round(x) - 0.75, top, 1.5, bottom - top);
}

function draw_head() {
  prepare(head, head_paint, view.width, head_h);
  draw_overview(head_paint);
  draw_ruler(head_paint);
  draw_scenes(head_paint);
  if (hover_time !== null) {
    draw_line(head_paint, hover_time, overview_h, head_h, theme.soft);
    head_paint.font = `600 11px ${theme.font}`;
    const label = clock(hover_time), w = head_paint.measureText(label).width + 12;
    const x = Math.min(view.width - w, Math.max(0, x_of(hover_time) - w / 2));
    head_paint.fillStyle = theme.ink;
    rounded(head_paint, x, overview_h + 4, w, 18, 5);
    head_paint.fill();
    head_paint.fillStyle = theme.panel;
    head_paint.fillText(label, x + 6, overview_h + 13.5);
  }
  if (playhead !== null) draw_line(head_paint, playhead, overview_h, head_h, theme.head);
}
