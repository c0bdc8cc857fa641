// The part of the time axis in view, and how it moves. Everything that draws asks `view` and listens by `redraw`.

const view = { start: 0, span: duration, width: 1 };
const shortest_view = () => Math.min(duration, Math.max(0.02, frame_s * 6));

const x_of = (t) => ((t - view.start) / view.span) * view.width;
const t_of = (x) => view.start + (x / view.width) * view.span;

let redraw_asked = false;
function redraw() {
  if (redraw_asked) return;
  redraw_asked = true;
  requestAnimationFrame(() => { redraw_asked = false; draw_all(); });
}

function show(start, span) {
  view.span = Math.min(duration, Math.max(shortest_view(), span));
  view.start = Math.min(duration - view.span, Math.max(0, start));
  redraw();
}

// Keeps the time at `x` pixels where it is.
function zoom(factor, x = view.width / 2) {
  const t = t_of(x);
  const span = Math.min(duration, Math.max(shortest_view(), view.span / factor));
  show(t - (x / view.width) * span, span);
}
const pan = (seconds) => show(view.start + seconds, view.span);

// Moves there over a moment, so that the eye can follow.
const calm = matchMedia('(prefers-reduced-motion: reduce)');
let flight = 0;
function glide(start, span) {
  cancelAnimationFrame(flight);
  span = Math.min(duration, Math.max(shortest_view(), span));
  start = Math.min(duration - span, Math.max(0, start));
  if (calm.matches) return show(start, span);
  const from = { ...view }, began = performance.now();
  const step = (now) => {
    const p = Math.min(1, Math.max(0, (now - began) / 180)), ease = 1 - (1 - p) ** 3;
    show(from.start + (start - from.start) * ease, from.span * (span / from.span) ** ease);
    if (p < 1) flight = requestAnimationFrame(step);
  };
  flight = requestAnimationFrame(step);
}
const glide_zoom = (factor) => {
  const center = playhead !== null && playhead >= view.start && playhead <= view.start + view.span ? playhead : view.start + view.span / 2;
  const span = Math.min(duration, Math.max(shortest_view(), view.span / factor));
  glide(center - (span * (center - view.start)) / view.span, span);
};

// Brings a time into view when it is not.
function reveal(from, to = from) {
  if (from >= view.start && to <= view.start + view.span) return;
  if (to - from > view.span) return glide(from - (to - from) * 0.05, (to - from) * 1.1);
  glide((from + to) / 2 - view.span / 2, view.span);
}

// ---- Pointers: drag pans, two fingers or the wheel zoom, a press without a drag is a click.

function listen(canvas, { click, hover, leave, grab }) {
  const pointers = new Map();
  let dragging = null, pinch = null;
  const place = (event) => { const r = canvas.getBoundingClientRect(); return { x: event.clientX - r.left, y: event.clientY - r.top }; };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button > 0) return;
    cancelAnimationFrame(flight);
    canvas.setPointerCapture(event.pointerId);
    const at = place(event);
    pointers.set(event.pointerId, at);
    if (pointers.size === 2) {
      const [a, b] = [...pointers.values()];
      pinch = { distance: Math.max(10, Math.abs(a.x - b.x)), span: view.span, t: t_of((a.x + b.x) / 2) };
      dragging = null;
    } else if (pointers.size === 1) {
      dragging = { at, start: view.start, moved: false, own: grab && grab(at), last: event };
    }
  });
  canvas.addEventListener('pointermove', (event) => {
    const at = place(event);
    if (!pointers.has(event.pointerId)) return hover(at, event);
    pointers.set(event.pointerId, at);
    if (pinch && pointers.size === 2) {
      const [a, b] = [...pointers.values()];
      const span = Math.min(duration, Math.max(shortest_view(), (pinch.span * pinch.distance) / Math.max(10, Math.abs(a.x - b.x))));
      return show(pinch.t - ((a.x + b.x) / 2 / view.width) * span, span);
    }
    if (!dragging) return;
    if (!dragging.moved && Math.hypot(at.x - dragging.at.x, at.y - dragging.at.y) < 4) return;
    if (!dragging.moved) { dragging.moved = true; canvas.classList.add('grabbing'); leave(); }
    if (dragging.own) return dragging.own(at);
    show(dragging.start - ((at.x - dragging.at.x) / view.width) * view.span, view.span);
    if (event.pointerType === 'mouse') tracks_box.scrollTop -= event.clientY - dragging.last.clientY;
    dragging.last = event;
  });
  const up = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    canvas.classList.remove('grabbing');
    if (dragging && !dragging.moved && event.type === 'pointerup') click(place(event), event);
    dragging = null;
    if (pointers.size < 2) pinch = null;
  };
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('pointerleave', leave);
  canvas.addEventListener('dblclick', (event) => { const t = t_of(place(event).x); glide(t - view.span / 8, view.span / 4); });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    cancelAnimationFrame(flight);
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const across = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
    if (Math.abs(across) > Math.abs(event.shiftKey ? 0 : event.deltaY)) return pan(((across * unit) / view.width) * view.span);
    zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0022)), place(event).x);
  }, { passive: false });
}
