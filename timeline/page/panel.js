// The side panel: details of what is selected, and the list of events (as text, for reading and for screen readers).

const details = document.getElementById('details');

function swatch(c) {
  const dot = make('i');
  dot.style.background = c.hex;
  return make('div', { className: 'color' }, dot, c.name, make('span', {}, `${Math.round(c.share * 100)} %`));
}

function palette_bar(colors) {
  const bar = make('div', { className: 'bar' });
  for (const c of colors) {
    const part = bar.appendChild(make('div'));
    part.style.background = c.hex;
    part.style.flex = String(Math.max(0.01, c.share));
  }
  return bar;
}

// An attribute's value, however it is shaped; long lists are cut.
function show_value(value) {
  if (value === null) return 'null';
  if (typeof value === 'number') return short_number(value);
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value);
  if (Array.isArray(value) && value.every((v) => typeof v !== 'object'))
    return value.slice(0, 40).map(show_value).join(', ') + (value.length > 40 ? `, … ${value.length - 40} more` : '');
  const list = make('dl');
  for (const [name, v] of entries.slice(0, 60)) list.append(make('dt', {}, words(name)), make('dd', { dir: 'auto' }, show_value(v)));
  if (entries.length > 60) list.append(make('dt', {}, '…'), make('dd', {}, `${entries.length - 60} more`));
  return list;
}

function figure(s, area) {
  const image = s && picture(s);
  if (!image) return null;
  const frame = make('figure', { className: 'picture' }, make('img', { src: image.src, alt: `Scene ${s.number}`, title: `Scene ${s.number} at ${clock(s.representative_s)}` }));
  if (area) frame.append(place_box(make('div', { className: 'box' }), area));
  return frame;
}

function place_box(element, area) {
  for (const [side, v] of [['left', area.x], ['top', area.y], ['width', area.width], ['height', area.height]])
    element.style[side] = `${100 * v}%`;
  return element;
}

function heading(text) {
  return make('h2', {}, make('span', { dir: 'auto' }, text), make('button', { title: 'Close (Esc)', ariaLabel: 'Close', onclick: () => select(null) }, '×'));
}

function describe_event(e) {
  const s = scene_at(e.from);
  const parts = [heading(title(e)), make('p', { className: 'when' }, when(e))];
  if (!video_on) parts.push(figure(s, e.box));
  if (e.text) parts.push(make('blockquote', { dir: 'auto' }, e.text));
  const list = make('dl');
  const row = (name, ...value) => list.append(make('dt', {}, name), make('dd', { dir: 'auto' }, ...value));
  row('analyzer', words(e.analyzer));
  if (e.end_s !== undefined) row('length', `${short_number(Number((e.to - e.from).toFixed(3)))} s`);
  if (e.score !== undefined) row('score', short_number(e.score));
  if (e.track !== undefined) row('track', String(e.track));
  if (s) row('scene', String(s.number));
  if (e.box) row('box', ['x', 'y', 'width', 'height'].map((k) => e.box[k].toFixed(3)).join('  '));
  const colors = palette(e);
  if (colors.length) row('colors', make('div', { className: 'palette' }, palette_bar(colors), ...colors.map(swatch)));
  for (const [name, value] of Object.entries(e.attributes || {}))
    if (!(name === 'colors' && colors.length)) row(words(name), show_value(value));
  parts.push(list);
  return parts.filter(Boolean);
}

function describe_scene(s) {
  const inside = events.filter((e) => e.from < s.end_s && e.to >= s.start_s).length;
  const list = make('dl');
  const row = (name, value) => list.append(make('dt', {}, name), make('dd', {}, value));
  row('length', `${short_number(Number((s.end_s - s.start_s).toFixed(3)))} s`);
  row('frames', `${s.first_frame.toLocaleString('en')}–${s.last_frame.toLocaleString('en')}`);
  row('shots', short_number(s.shots));
  row('events', short_number(inside));
  row('picture', `${clock(s.representative_s)} · frame ${s.representative_frame.toLocaleString('en')}`);
  return [heading(`Scene ${s.number}`), make('p', { className: 'when' }, `${clock(s.start_s)} – ${clock(s.end_s)}`), video_on ? null : figure(s), list].filter(Boolean);
}

function draw_details() {
  details.hidden = !selected;
  details.replaceChildren(...(selected ? (selected.number !== undefined && selected.analyzer === undefined ? describe_scene(selected) : describe_event(selected)) : []));
  details.scrollTop = 0;
}

// ---- The list: only the rows in view exist.

const list = document.getElementById('list');
const list_space = document.getElementById('list-space');
const list_rows = document.getElementById('list-rows');
const item_h = 34;

function draw_list() {
  const total = shown.length;
  document.getElementById('list-title').textContent = total === events.length ? plural(total, 'event') + (data.live ? ' so far' : '') : `${total.toLocaleString('en')} of ${plural(events.length, 'event')}`;
  list_space.style.height = `${Math.max(1, total * item_h)}px`;
  const first = Math.max(0, Math.floor(list.scrollTop / item_h) - 4);
  const last = Math.min(total, Math.ceil((list.scrollTop + list.clientHeight) / item_h) + 4);
  list_rows.style.top = `${first * item_h}px`;
  const rows = [];
  for (let i = first; i < last; ++i) {
    const e = shown[i];
    const dot = make('i');
    const colors = palette(e);
    dot.style.background = colors.length ? colors[0].hex : hue(e.in);
    const said = make('span', {}, title(e));
    if (e.text) said.append(make('em', {}, ` ${e.text.slice(0, 120).replace(/\s+/g, ' ')}`));
    const row = make('div', { className: 'item', id: `item-${i}`, onclick: () => { select(e); list.focus({ preventScroll: true }); } }, make('time', {}, clock(e.from)), dot, said);
    row.setAttribute('role', 'option');
    row.setAttribute('aria-setsize', total);
    row.setAttribute('aria-posinset', i + 1);
    row.setAttribute('aria-selected', e === selected);
    rows.push(row);
  }
  list_rows.replaceChildren(...rows);
  const at = selected ? shown.indexOf(selected) : -1;
  if (at >= 0) list.setAttribute('aria-activedescendant', `item-${at}`); else list.removeAttribute('aria-activedescendant');
}

function reveal_in_list(index) {
  const top = index * item_h;
  if (top < list.scrollTop || top + item_h > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 2 + item_h / 2;
}

// ---- The tooltip

const tip = document.getElementById('tip');
function show_tip(pointer, children) {
  tip.replaceChildren(...children);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(innerWidth - width - 8, Math.max(8, pointer.clientX + 14));
  const below = pointer.clientY + 20;
  tip.style.left = `${left}px`;
  tip.style.top = `${below + height > innerHeight - 8 ? pointer.clientY - height - 12 : below}px`;
}

function tip_for_event(e) {
  const parts = [make('b', { dir: 'auto' }, title(e)), make('div', { className: 'when' }, when(e) + (e.score !== undefined ? ` · score ${short_number(e.score)}` : ''))];
  if (e.text) parts.push(make('div', { className: 'text', dir: 'auto' }, e.text.slice(0, 400)));
  const colors = palette(e);
  if (colors.length) parts.push(palette_bar(colors));
  return parts;
}
const tip_for_scene = (s) => [make('b', {}, `Scene ${s.number}`), make('div', { className: 'when' }, `${clock(s.start_s)} – ${clock(s.end_s)} · ${plural(s.shots, 'shot')}`)];
