// What the board shows: the timeline in `data`, prepared for drawing and searching. Nothing here touches the document.
// Text from the timeline is hostile until proven otherwise: it only ever becomes textContent or canvas text, never
// markup, and colours are checked before they become style.

const media = data.media;
const events = data.events;
const scenes = data.scenes;
const frame_s = media.rate_hz ? 1 / media.rate_hz : 0;

// A span's end_s is when its last frame appears; on the axis it lasts until that frame goes away. Sound ends when it does.
function measure(e) {
  e.from = e.start_s;
  e.to = e.end_s === undefined ? e.start_s : e.end_s + (e.analyzer === 'audio_levels' ? 0 : frame_s);
}
events.forEach(measure);
scenes.forEach((s, i) => { s.place = i; });
let duration = Math.max(media.duration_s, ...scenes.map((s) => s.end_s), events.reduce((m, e) => Math.max(m, e.to), 0), 0.001);

const is_color = (text) => typeof text === 'string' && /^#[0-9a-f]{6}$/i.test(text);

// [{hex, share, name}] of an event's "colors" attribute, shares adding up to at most 1; empty when it has none.
function palette(e) {
  if (e.palette) return e.palette;
  const colors = e.attributes && Array.isArray(e.attributes.colors) ? e.attributes.colors : [];
  return (e.palette = colors.filter((c) => c && is_color(c.hex)).map((c) => ({
    hex: c.hex, name: typeof c.name === 'string' ? c.name : c.hex,
    share: typeof c.share === 'number' ? Math.min(1, Math.max(0, c.share)) : 1 / colors.length,
  })));
}

// [{from, to, momentary, short_term, peak}] of a stretch of loudness, in seconds, LUFS and dBFS; empty for other events.
function loudness(e) {
  if (e.levels) return e.levels;
  const a = e.attributes || {};
  const step = typeof a.step_s === 'number' && a.step_s > 0 ? a.step_s : 1;
  const of = (list, i) => (Array.isArray(list) && typeof list[i] === 'number' ? list[i] : NaN);
  const many = e.kind === 'loudness' && Array.isArray(a.momentary_lufs) ? a.momentary_lufs.length : 0;
  return (e.levels = Array.from({ length: many }, (_, i) => ({
    from: e.from + i * step, to: Math.min(e.to, e.from + (i + 1) * step),
    momentary: of(a.momentary_lufs, i), short_term: of(a.short_term_lufs, i), peak: of(a.peak_dbfs, i),
  })));
}

// One line that says what an event is.
function title(e) {
  const kind = capital(words(e.kind));
  return e.label ? `${kind}: ${e.label}` : kind;
}

function when(e) {
  return e.end_s === undefined
    ? `${clock(e.from)} · frame ${e.frame.toLocaleString('en')}`
    : `${clock(e.from)} – ${clock(e.end_s)} · frames ${e.start_frame.toLocaleString('en')}–${e.end_frame.toLocaleString('en')}`;
}

function scene_at(t) {
  let low = 0, high = scenes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scenes[middle].end_s <= t) low = middle + 1; else high = middle;
  }
  return low < scenes.length && scenes[low].start_s <= t ? scenes[low] : null;
}

// ---- Tracks: one for each analyzer that found something; rows by kind or label; lanes where events overlap.

const one_row = new Set(['cut_analysis', 'camera_analysis', 'color_analysis', 'scene_segmentation']);
const most_rows = 8;
const most_lanes = 4;

function row_names(list) {
  const kinds = new Set(list.map((e) => e.kind));
  const labels = new Set(list.map((e) => e.label || ''));
  if (kinds.size === 1 && labels.size > 1 && labels.size <= most_rows) return (e) => e.label || words(e.kind);
  return (e) => words(e.kind);
}

// Lays events, sorted by start, into lanes so that the spans of one lane do not overlap and no two of its moments fall
// together; a moment may lie on a span. The last lane takes what is left.
// A lane also holds, for each event, the latest end so far: rising, so a view is found in it by bisection.
function pack(list) {
  const lanes = [];
  for (const e of list) {
    const moment = e.to === e.from;
    let lane = lanes.find((l) => (moment ? l.moment !== e.from : l.busy <= e.from + frame_s / 2));
    if (!lane) {
      if (lanes.length < most_lanes) lanes.push(lane = { list: [], ends: [], busy: -Infinity, moment: null });
      else lane = lanes[most_lanes - 1];
    }
    if (moment) lane.moment = e.from; else lane.busy = Math.max(lane.busy, e.to);
    lane.list.push(e);
    lane.ends.push(Math.max(e.to, lane.ends.length ? lane.ends[lane.ends.length - 1] : e.to));
  }
  return lanes;
}

function make_tracks() {
  const by_analyzer = new Map(data.analyzers.map((a) => [a.id, []]));
  for (const e of events) {
    if (!by_analyzer.has(e.analyzer)) by_analyzer.set(e.analyzer, []);
    by_analyzer.get(e.analyzer).push(e);
  }
  const tracks = [];
  let place = 0;
  for (const [id, list] of by_analyzer) {
    const track = { id, hue: (255 + 137.5 * place++) % 360, hidden: false, rows: [], count: list.length };
    tracks.push(track);
    if (!list.length) continue;
    for (const e of list) e.in = track;
    const name_of = one_row.has(id) ? () => '' : row_names(list);
    const rows = new Map();
    for (const e of list) {
      let name = name_of(e);
      if (!rows.has(name) && rows.size >= most_rows) name = 'other';
      if (!rows.has(name)) rows.set(name, []);
      rows.get(name).push(e);
    }
    for (const [name, members] of rows)
      track.rows.push({ name: rows.size > 1 ? name : '', lanes: pack(members) });
  }
  return tracks;
}
let tracks = make_tracks();
let track_of = new Map(tracks.map((t) => [t.id, t]));

// ---- The filter: every word must occur somewhere in the event.

let shown = events;
function apply_filter(query) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  for (const e of events) {
    if (wanted.length && e.haystack === undefined)
      e.haystack = `${e.analyzer} ${words(e.analyzer)} ${e.kind} ${e.label || ''} ${e.text || ''} ${e.attributes ? JSON.stringify(e.attributes) : ''}`.toLowerCase();
    e.dim = wanted.some((w) => !e.haystack.includes(w));
  }
  shown = events.filter((e) => !e.dim && !e.in.hidden);
}

// Takes in what was found since, of a timeline that is still being made.
function add_events(found) {
  for (const e of found) {
    measure(e);
    duration = Math.max(duration, e.to);
    if (!data.analyzers.some((a) => a.id === e.analyzer)) data.analyzers.push({ id: e.analyzer, status: 'running' });
    events.push(e);
  }
  events.sort((a, b) => a.from - b.from);
  const hidden = new Set(tracks.filter((t) => t.hidden).map((t) => t.id));
  tracks = make_tracks();
  for (const track of tracks) track.hidden = hidden.has(track.id);
  track_of = new Map(tracks.map((t) => [t.id, t]));
}
