// The lower canvas: what the analyzers found. The canvas is as large as the window, not as the tracks: it follows the
// scrolling, and only events in view are visited, so ten events cost what a hundred thousand do.

const body = document.getElementById('body');
const body_paint = body.getContext('2d');
const tracks_box = document.getElementById('tracks');
const labels = document.getElementById('labels');
const spacer = document.getElementById('spacer');
const narrow = matchMedia('(max-width: 820px)');

const lane_height = { color_analysis: 34, cut_analysis: 26, camera_analysis: 22 };
const lane_h = (track, lane) => (lane && lane.list[0].kind === 'loudness' ? 40 : lane_height[track.id] || 20);
let places = []; // {track, row, lane, y, h}: where each lane is, from the top of the tracks
let tracks_h = 0;

function lay_out() {
  places = [];
  labels.replaceChildren();
  let y = 0;
  for (const track of tracks) {
    if (!track.rows.length || track.hidden) continue;
    y += narrow.matches ? 6 : 9;
    track.top = y - 5;
    const label = labels.appendChild(document.createElement('div'));
    label.className = 'track-label';
    label.style.top = y + 'px';
    const dot = label.appendChild(document.createElement('i'));
    dot.style.background = hue(track);
    label.append(capital(words(track.id)));
    const named = track.rows.some((row) => row.name);
    if (named || narrow.matches) y += 20;
    else label.style.lineHeight = lane_h(track) + 'px';
    for (const row of track.rows) {
      if (row.name) {
        const name = labels.appendChild(document.createElement('div'));
        name.className = 'row-label';
        name.style.top = y + 'px';
        name.style.lineHeight = lane_h(track, row.lanes[0]) + 'px';
        name.textContent = name.title = row.name;
      }
      for (const lane of row.lanes) {
        const h = lane_h(track, lane);
        places.push({ track, row, lane, y, h });
        y += h + 2;
      }
      y += 2;
    }
    y += 6;
    track.bottom = y;
  }
  tracks_h = y + 12;
  spacer.style.height = tracks_h + 'px';
}

// First event of a lane that reaches into the view.
function first_in_view(lane, t) {
  let low = 0, high = lane.ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lane.ends[middle] < t) low = middle + 1; else high = middle;
  }
  return low;
}

// ---- One event, in the box x, y, w, h; w is at least 2.

// What a bar says: its row already names a label that made the row.
function bar_text(e, row) {
  if (e.text) return e.text;
  if (e.label && (narrow.matches || e.label !== row.name)) return e.label;
  return e.track !== undefined ? `#${e.track}` : row.name ? '' : words(e.kind);
}

function draw_bar(paint, e, x, y, w, h, row, room) {
  if (w > 4) {
    paint.fillStyle = hue(e.in, 0.30);
    rounded(paint, x, y + 1, w, h - 2, 4);
    paint.fill();
  }
  paint.fillStyle = hue(e.in);
  paint.fillRect(x, y + 1, Math.min(2.5, w), h - 2);
  const left = Math.max(x, 0) + 7;
  paint.fillStyle = theme.ink;
  paint.font = `11.5px ${theme.font}`;
  if (w > 10) fit_text(paint, bar_text(e, row), left, y + h / 2 + 0.5, Math.max(x + w, room) - left - 4); // on past the bar where nothing follows
}

function draw_tick(paint, e, x, y, w, h) {
  paint.fillStyle = hue(e.in);
  const strength = typeof e.score === 'number' ? 0.35 + 0.65 * e.score : 1;
  paint.fillRect(x - 1, y + h - 2 - (h - 4) * strength, 2, (h - 4) * strength);
}

const fade = { fade_in: [0, 1], fade_out: [1, 0], dissolve: [1, 1] };
function draw_transition(paint, e, x, y, w, h) {
  if (e.to === e.from) {
    paint.fillStyle = hue(e.in);
    paint.globalAlpha *= typeof e.score === 'number' ? 0.45 + 0.55 * e.score : 1;
    paint.fillRect(x - 1, y + 1, 2, h - 2);
    return;
  }
  // The shape says what happens: a wedge that opens or closes, or two that cross.
  paint.fillStyle = hue(e.in, 0.28);
  rounded(paint, x, y + 1, w, h - 2, 3);
  paint.fill();
  paint.fillStyle = hue(e.in, 0.85);
  paint.beginPath();
  const kind = fade[e.kind];
  const top = y + 3, bottom = y + h - 3;
  if (!kind || e.kind === 'dissolve') {
    paint.moveTo(x, top); paint.lineTo(x + w, bottom); paint.lineTo(x + w, top); paint.lineTo(x, bottom);
  } else {
    paint.moveTo(kind[0] ? x : x + w, top); paint.lineTo(x + w, bottom); paint.lineTo(x, bottom);
  }
  paint.closePath();
  paint.fill();
}

function draw_palette(paint, e, x, y, w, h) {
  const colors = palette(e);
  if (!colors.length) return draw_bar(paint, e, x, y, w, h, { name: '' }, 0);
  const total = colors.reduce((sum, c) => sum + c.share, 0) || 1;
  const wide = w > 8;
  if (wide) {
    paint.save();
    rounded(paint, x, y + 1, w - 1, h - 2, 4);
    paint.clip();
  }
  let at = y + 1;
  for (const c of colors) {
    const part = ((h - 2) * c.share) / total;
    paint.fillStyle = c.hex;
    paint.fillRect(x, at, w, part + 0.5);
    at += part;
  }
  if (!wide) return;
  paint.restore();
  paint.strokeStyle = 'rgb(128 128 128 / 0.35)';
  paint.lineWidth = 1;
  rounded(paint, x + 0.5, y + 1.5, Math.max(1, w - 2), h - 3, 4);
  paint.stroke();
}

const arrows = { left: '←', right: '→', up: '↑', down: '↓', in: '⊕', out: '⊖', clockwise: '↻', counterclockwise: '↺' };
function draw_camera(paint, e, x, y, w, h) {
  const middle = y + h / 2;
  if (e.kind === 'static') {
    paint.fillStyle = hue(e.in, 0.35);
    rounded(paint, x + 1, middle - 1.5, Math.max(1, w - 2), 3, 1.5);
    paint.fill();
    return;
  }
  paint.fillStyle = hue(e.in, e.kind === 'shake' ? 0.2 : 0.3);
  rounded(paint, x, y + 1, Math.max(1.5, w - 1), h - 2, h / 2);
  paint.fill();
  paint.strokeStyle = paint.fillStyle = hue(e.in);
  paint.lineWidth = 1.5;
  if (e.kind === 'shake') {
    const right = Math.min(x + w - 5, view.width);
    paint.beginPath();
    for (let at = Math.max(x + 5, x + 5 + Math.floor((0 - x - 5) / 8) * 8), up = 0; at < right; at += 4, up = 1 - up) paint.lineTo(at, middle + (up ? -3.5 : 3.5));
    paint.stroke();
    return;
  }
  const arrow = arrows[e.label] || '•';
  const left = Math.max(x, 0) + 7, room = Math.min(x + w, view.width) - left - 6;
  if (room < 6) return;
  paint.font = `600 13px ${theme.font}`;
  paint.fillText(arrow, left, middle + 0.5);
  if (room > 44) {
    paint.fillStyle = theme.ink;
    paint.font = `11.5px ${theme.font}`;
    fit_text(paint, words(e.kind) + (e.label ? ' ' + e.label : ''), left + 17, middle + 0.5, room - 17);
  }
}

// Loudness as columns a second wide, from -60 LUFS at the bottom to 0 at the top, with the short-term loudness over them.
// At most one column a pixel is drawn, the loudest of those that fall on it.
function draw_loudness(paint, e, x, y, w, h) {
  const levels = loudness(e);
  if (!levels.length) return draw_bar(paint, e, x, y, w, h, { name: '' }, 0);
  const height = (lufs) => (h - 2) * Math.min(1, Math.max(0, (lufs + 60) / 60));
  const step = (x_of(levels[0].to) - x_of(levels[0].from)) || 1;
  const first = Math.max(0, Math.floor(-x / step) - 1), end = view.width + step;
  paint.fillStyle = hue(e.in, 0.45);
  const line = [];
  for (let i = first, at = -Infinity, top = 0; i < levels.length; ++i) {
    const left = x_of(levels[i].from);
    if (left > end) break;
    const column = height(levels[i].momentary) || 0;
    if (left - at >= 1) { at = left; top = 0; }
    if (column > top) {
      top = column;
      paint.fillRect(at, y + h - 1 - column, Math.max(1, x_of(levels[i].to) - left - (step > 6 ? 1 : 0)), column);
    }
    if (!Number.isNaN(levels[i].short_term)) line.push([x_of(levels[i].to), y + h - 1 - height(levels[i].short_term)]);
  }
  paint.strokeStyle = hue(e.in);
  paint.lineWidth = 1.5;
  paint.beginPath();
  for (const [right, top] of line) paint.lineTo(right, top);
  paint.stroke();
}

const draw_sound = (paint, e, x, y, w, h, row, room) =>
  e.kind === 'loudness' ? draw_loudness(paint, e, x, y, w, h) : draw_bar(paint, e, x, y, w - (w > 4 ? 1 : 0), h, row, room);

const painters = { cut_analysis: draw_transition, color_analysis: draw_palette, camera_analysis: draw_camera, audio_levels: draw_sound };

function draw_lane(paint, place, y) {
  const { lane, track, row, h } = place;
  const painter = painters[track.id];
  const end = view.start + view.span;
  // Where several events fall on the same pixels one stands for all; one that matches the filter goes before one that does not.
  let bright_to = -Infinity, dim_to = -Infinity;
  for (let i = first_in_view(lane, view.start); i < lane.list.length && lane.list[i].from <= end; ++i) {
    const e = lane.list[i];
    if (e.to < view.start) continue;
    const x = x_of(e.from), w = Math.max(2, x_of(e.to) - x);
    const chosen = e === selected;
    if (x + w - (e.dim ? Math.max(dim_to, bright_to) : bright_to) < 1 && !chosen) continue;
    if (e.dim) dim_to = x + w; else bright_to = x + w;
    paint.globalAlpha = e.dim ? 0.14 : 1;
    const room = i + 1 < lane.list.length ? x_of(lane.list[i + 1].from) : view.width;
    if (painter) painter(paint, e, x, y, w, h, row, room);
    else if (e.to > e.from) draw_bar(paint, e, x, y, w - (w > 4 ? 1 : 0), h, row, room);
    else draw_tick(paint, e, x, y, w, h);
    paint.globalAlpha = 1;
    if (chosen || (hovered && hovered.event === e)) {
      paint.strokeStyle = chosen ? theme.ink : theme.accent;
      paint.lineWidth = chosen ? 2 : 1.5;
      const moment = e.to === e.from;
      rounded(paint, moment ? x - 4 : x, y, moment ? 8 : w, h, 4);
      paint.stroke();
    }
  }
}

function draw_body() {
  const scroll = narrow.matches ? 0 : tracks_box.scrollTop;
  const height = narrow.matches ? Math.max(60, tracks_h) : tracks_box.clientHeight;
  const paint = body_paint;
  prepare(body, paint, view.width, height);
  paint.fillStyle = theme.faint;
  if (!crowded())
    for (const s of scenes) {
      const x = x_of(s.start_s);
      if (x >= 0 && x <= view.width) paint.fillRect(Math.round(x), 0, 1, height);
    }
  paint.fillStyle = theme.line;
  for (const track of tracks)
    if (track.rows.length && !track.hidden) paint.fillRect(0, track.bottom - scroll - 1, view.width, 1);
  for (const place of places) {
    const y = place.y - scroll;
    if (y + place.h >= 0 && y <= height) draw_lane(paint, place, y);
  }
  if (!places.length) {
    paint.fillStyle = theme.soft;
    paint.font = `13px ${theme.font}`;
    paint.fillText(events.length ? 'Every track is hidden.' : data.live ? 'Nothing found yet.' : 'No analyzer found anything.', 16, 30);
  }
  if (hover_time !== null) draw_line(paint, hover_time, 0, height, theme.soft);
  if (playhead !== null) draw_line(paint, playhead, 0, height, theme.head);
}

// What is under a place of the lower canvas: the shortest event there, or the nearest moment within 5 pixels.
function event_at(at) {
  const y = at.y + (narrow.matches ? 0 : tracks_box.scrollTop);
  const place = places.find((p) => y >= p.y - 1 && y < p.y + p.h + 1);
  if (!place) return null;
  const t = t_of(at.x), slack = (5 / view.width) * view.span;
  let best = null, best_cost = Infinity;
  for (let i = first_in_view(place.lane, t - slack); i < place.lane.list.length && place.lane.list[i].from <= t + slack; ++i) {
    const e = place.lane.list[i];
    const away = t < e.from ? e.from - t : t > e.to ? t - e.to : 0;
    if (away > slack) continue;
    const cost = away * 1000 + (e.to - e.from) + (e.dim ? 1e6 : 0);
    if (cost < best_cost) { best = e; best_cost = cost; }
  }
  return best;
}
