// The board as it is used: what is selected, where the playhead is, the video beside it, pointer and keys.

let selected = null;   // an event, a scene, or nothing
let hovered = null;    // {event} or {scene}
let hover_time = null; // seconds under the pointer
let playhead = null;   // seconds that the video or the last selection is at
let video_on = false;

const by_id = (id) => document.getElementById(id);
const video = by_id('video');
const closing = new AbortController(); // ends what listens outside of the board

// ---- Selection

function select(what) {
  selected = what;
  if (what) {
    const from = what.analyzer === undefined ? what.start_s : what.from;
    const to = what.analyzer === undefined ? what.end_s : what.to;
    reveal(from, to);
    seek(from);
    const index = what.analyzer === undefined ? -1 : shown.indexOf(what);
    draw_details();
    if (index >= 0) reveal_in_list(index);
    const place = what.analyzer && places.find((p) => p.track === what.in && p.lane.list.includes(what));
    if (place && !narrow.matches && (place.y < tracks_box.scrollTop || place.y + place.h > tracks_box.scrollTop + tracks_box.clientHeight)) tracks_box.scrollTop = place.y - tracks_box.clientHeight / 2;
  } else {
    draw_details();
  }
  place_video_box();
  draw_list();
  redraw();
}

function step_selection(by) {
  if (!shown.length) return;
  let index = selected && selected.analyzer !== undefined ? shown.indexOf(selected) : -1;
  if (index < 0) {
    const t = selected ? selected.start_s : playhead === null ? view.start : playhead;
    index = shown.findIndex((e) => e.from >= t);
    if (index < 0) index = shown.length;
    if (by > 0) index -= 1;
  }
  select(shown[Math.min(shown.length - 1, Math.max(0, index + by))]);
}

function step_scene(by) {
  if (!scenes.length) return;
  const t = playhead === null ? view.start : playhead;
  const now = scenes.indexOf(selected) >= 0 ? scenes.indexOf(selected) : scenes.findIndex((s) => s.end_s > t) - (by > 0 && playhead === null ? 1 : 0);
  select(scenes[Math.min(scenes.length - 1, Math.max(0, now + by))]);
}

function refilter() {
  apply_filter(by_id('filter').value);
  list.scrollTop = 0;
  draw_list();
  redraw();
}

// ---- The video

function seek(t) {
  playhead = t;
  if (video_on && Math.abs(video.currentTime - t) > 0.001) video.currentTime = t + Math.min(frame_s / 2, 0.01);
  redraw();
}

video.onerror = () => {
  video_on = false;
  by_id('stage').hidden = true;
  by_id('video-note').textContent = `This browser cannot play it: ${video.error ? video.error.message || 'unsupported format' : 'unsupported format'}`;
  by_id('video-note').hidden = false;
  draw_details();
};

// The box of the selected event over the picture while the video is inside the event.
function place_video_box() {
  const box = by_id('stage-box');
  const on = video_on && selected && selected.box && video.videoWidth && video.currentTime >= selected.from - 0.05 && video.currentTime <= Math.max(selected.to, selected.from + 0.25);
  box.hidden = !on;
  if (!on) return;
  const scale = Math.min(video.clientWidth / video.videoWidth, video.clientHeight / video.videoHeight);
  const w = video.videoWidth * scale, h = video.videoHeight * scale;
  const left = (video.clientWidth - w) / 2, top = (video.clientHeight - h) / 2;
  Object.assign(box.style, { left: `${left + selected.box.x * w}px`, top: `${top + selected.box.y * h}px`, width: `${selected.box.width * w}px`, height: `${selected.box.height * h}px` });
}

function follow_video() {
  playhead = video.currentTime;
  if (!video.paused && (playhead < view.start || playhead > view.start + view.span)) show(playhead - view.span * 0.1, view.span);
  place_video_box();
  redraw();
  if (!video.paused) requestAnimationFrame(follow_video);
}
video.onplay = video.onseeked = follow_video;

// ---- Pointer

const hover = (at, pointer, find, tips) => {
  hover_time = Math.min(duration, Math.max(0, t_of(at.x)));
  hovered = find(at);
  pointer.target.classList.toggle('pointing', Boolean(hovered));
  if (hovered && pointer.pointerType !== 'touch') show_tip(pointer, tips(hovered)); else tip.hidden = true;
  redraw();
};
const leave = () => { hover_time = null; hovered = null; tip.hidden = true; redraw(); };

const find_event = (at) => { const event = event_at(at); return event && { event }; };
const find_scene = (at) => { const s = at.y > overview_h + ruler_h ? scene_at(t_of(at.x)) : null; return s && { scene: s }; };
const overview_to = (at) => show((at.x / view.width) * duration - view.span / 2, view.span);

listen(body, {
  click: (at) => { const found = find_event(at); if (found) select(found.event); else seek(Math.max(0, Math.min(duration, t_of(at.x)))); },
  hover: (at, pointer) => hover(at, pointer, find_event, (h) => tip_for_event(h.event)),
  leave,
});
listen(head, {
  click: (at) => {
    if (at.y < overview_h) return overview_to(at);
    const found = find_scene(at);
    if (found) select(found.scene); else seek(Math.max(0, Math.min(duration, t_of(at.x))));
  },
  hover: (at, pointer) => { if (at.y < overview_h) leave(); else hover(at, pointer, find_scene, (h) => tip_for_scene(h.scene)); },
  leave,
  grab: (at) => (at.y < overview_h ? overview_to : null),
});

// ---- Keys

const keys = [
  ['← →', 'move along the time axis'],
  ['+ −', 'zoom in and out; so does the wheel, at the pointer'],
  ['0', 'show everything'],
  ['J K', 'next and previous event (as filtered)'],
  ['N P', 'next and previous scene'],
  ['Home End', 'go to the start and the end'],
  ['/', 'filter events'],
  ['Space', 'play and pause, once a video is loaded'],
  ['Esc', 'clear the selection and the filter'],
  ['Drag', 'move; two fingers zoom; a double click zooms in'],
];

const actions = {
  ArrowLeft: () => glide(view.start - view.span * 0.25, view.span),
  ArrowRight: () => glide(view.start + view.span * 0.25, view.span),
  '+': () => glide_zoom(2), '=': () => glide_zoom(2), '-': () => glide_zoom(0.5), _: () => glide_zoom(0.5),
  0: () => glide(0, duration),
  j: () => step_selection(1), k: () => step_selection(-1), n: () => step_scene(1), p: () => step_scene(-1),
  Home: () => glide(0, view.span), End: () => glide(duration, view.span),
  '/': () => by_id('filter').focus(),
  '?': () => by_id('help').showModal(),
  ' ': () => { if (video_on) { if (video.paused) video.play(); else video.pause(); } },
  Escape: () => { if (selected) select(null); else if (by_id('filter').value) { by_id('filter').value = ''; refilter(); } },
};
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || by_id('help').open) return;
  const typing = event.target.matches('input[type=search]');
  if (typing && event.key === 'Enter') return step_selection(1);
  if (typing && event.key === 'Escape') { event.target.value = ''; event.target.blur(); refilter(); return; }
  if (typing || (event.key === ' ' && (event.target.matches('button, input, video') || !video_on))) return;
  if (event.target === list && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) { event.preventDefault(); return step_selection(event.key === 'ArrowDown' ? 1 : -1); }
  if (event.target === list && (event.key === 'Home' || event.key === 'End')) { event.preventDefault(); if (shown.length) select(shown[event.key === 'Home' ? 0 : shown.length - 1]); return; }
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}, { signal: closing.signal });

// ---- Drawing

function draw_all() {
  if (closing.signal.aborted) return;
  draw_head();
  draw_body();
  by_id('clock').textContent = `${clock(view.start, 1)} – ${clock(view.start + view.span, 1)}`;
}

function resize() {
  read_theme();
  view.width = Math.max(50, tracks_box.clientWidth - parseFloat(getComputedStyle(labels).width));
  head.style.width = body.style.width = view.width + 'px';
  lay_out();
  draw_list();
  redraw();
}

function start_board() {
  read_theme();
  fill_analyzers(by_id('analyzers'));
  apply_filter('');
  by_id('filter').oninput = refilter;
  by_id('zoom-in').onclick = () => glide_zoom(2);
  by_id('zoom-out').onclick = () => glide_zoom(0.5);
  by_id('zoom-fit').onclick = () => glide(0, duration);
  for (const [name, what] of keys) by_id('keys').append(make('dt', {}, ...name.split(' ').flatMap((k) => [make('kbd', {}, k), ' '])), make('dd', {}, what));
  by_id('help-button').onclick = () => by_id('help').showModal();
  list.onscroll = draw_list;
  tracks_box.onscroll = redraw;
  resize();
  const size = new ResizeObserver(resize);
  size.observe(tracks_box);
  closing.signal.addEventListener('abort', () => size.disconnect());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { read_theme(); fill_analyzers(by_id('analyzers')); resize(); }, { signal: closing.signal });
}
