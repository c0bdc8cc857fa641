// What the daemon works with: GPUs with their memory by model, worker processes, and its counters.

import { ask } from './api.js';
import { make, short_number, words } from './text.js';
import { bytes } from './units.js';

const by_id = (id) => document.getElementById(id);
const every_ms = 4000;

// Models keep their colour by their name.
function model_color(id) {
  let hash = 0;
  for (const c of id) hash = (hash * 31 + c.codePointAt(0)) % 997;
  return `oklch(var(--lightness) var(--chroma) ${(hash * 137.5) % 360})`;
}

function meter(name, percent) {
  const known = typeof percent === 'number';
  const fill = make('i');
  fill.style.width = known ? `${Math.min(100, Math.max(0, percent))}%` : '0';
  return make('div', { className: 'meter' }, make('span', {}, name), make('span', { className: 'progress' }, fill), make('b', {}, known ? `${Math.round(percent)} %` : '–'));
}

function gpu_card(gpu) {
  const models = gpu.models || [];
  const on_device = models.filter((model) => model.tier === 'device');
  const bar = make('div', { className: 'memory' });
  const part = (size, color, title) => {
    const piece = make('i', { title });
    piece.style.width = `${(100 * size) / gpu.total_bytes}%`;
    if (color) piece.style.background = color;
    bar.append(piece);
  };
  for (const model of on_device) part(model.bytes, model_color(model.id), `${model.id}: ${bytes(model.bytes)}`);
  const rest = Math.max(0, gpu.used_bytes - on_device.reduce((sum, model) => sum + model.bytes, 0));
  if (rest) part(rest, '', `other: ${bytes(rest)}`);
  bar.setAttribute('role', 'img');
  bar.setAttribute('aria-label', `${bytes(gpu.used_bytes)} of ${bytes(gpu.total_bytes)} used`);

  const list = make('ul', { className: 'models' });
  for (const model of models) {
    const dot = make('i');
    dot.style.background = model.tier === 'device' ? model_color(model.id) : 'transparent';
    list.append(make('li', {}, dot, make('span', { dir: 'auto' }, model.id), make('em', {}, model.tier), make('b', {}, bytes(model.bytes))));
  }
  if (rest) list.append(make('li', {}, make('i', { className: 'other' }), make('span', {}, 'contexts, workspace, others'), make('em', {}, ''), make('b', {}, bytes(rest))));
  return make('article', { className: 'gpu' },
    make('h4', {}, make('span', { title: `${gpu.name} ${gpu.uuid}` }, gpu.name.replace(/^NVIDIA /, '')), make('b', {}, `${bytes(gpu.used_bytes)} of ${bytes(gpu.total_bytes)}`)),
    bar, list, meter('compute', gpu.gpu_percent), meter('decoder', gpu.decoder_percent));
}

const kind_of_state = (state) => (/lost|fail|dead|broken|gone/.test(state) ? 'failed' : /busy|run|work/.test(state) ? 'running' : /idle|ready|up/.test(state) ? 'done' : 'cancelled');

// Nested figures as "a.b: 1", in order.
function* figures(value, name = '') {
  if (value === null || value === undefined) return;
  if (typeof value === 'object')
    for (const [key, inner] of Object.entries(value)) yield* figures(inner, name ? `${name} ${words(key)}` : words(key));
  else yield [name, typeof value === 'number' ? (/\bbytes$/.test(name) ? bytes(value) : short_number(value)) : String(value)];
}

const figure_rows = (value) => [...figures(value)].slice(0, 400).map(([name, text]) => make('div', {}, make('dt', {}, name), make('dd', {}, text)));

export class machine {
  #timer = 0;
  #open_workers = new Set();
  #shown = '';

  constructor() {
    by_id('stats').addEventListener('toggle', () => this.#load_stats());
  }

  start() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => { if (!document.hidden) this.load(); }, every_ms);
    this.load();
  }
  stop() { clearInterval(this.#timer); }

  async load() {
    try {
      const found = await ask('/v1/workers');
      const text = JSON.stringify(found);
      if (text !== this.#shown) this.#show(found);
      this.#shown = text;
      await this.#load_stats();
    } catch { /* the page says by itself when the daemon is gone, or not ready */ }
  }

  #show({ workers = [], gpus = [] }) {
    by_id('gpus').replaceChildren(...(gpus.length ? gpus.map(gpu_card) : [make('p', { className: 'none' }, 'No GPU is used.')]));
    const focus = document.activeElement && document.activeElement.closest('#workers details');
    const focused = focus && focus.dataset.name;
    by_id('workers').replaceChildren(...workers.map((worker) => this.#worker_row(worker)));
    if (!workers.length) by_id('workers').replaceChildren(make('li', { className: 'none' }, 'No worker has been needed yet.'));
    if (focused) { const again = [...by_id('workers').querySelectorAll('details')].find((d) => d.dataset.name === focused); if (again) again.firstChild.focus(); }
  }

  #worker_row(worker) {
    const has_more = worker.metrics && Object.keys(worker.metrics).length;
    const line = [make('span', { className: `badge ${kind_of_state(worker.state)}`, title: worker.state }, make('span', { dir: 'auto' }, worker.name)),
      make('em', {}, [worker.kind, worker.device].filter(Boolean).join(' · ')),
      make('b', { className: worker.restarts ? 'warn' : '' }, worker.restarts ? `${worker.state}, ${worker.restarts}× restarted` : worker.state)];
    if (!has_more) return make('li', {}, make('div', { className: 'worker' }, ...line));
    const box = make('details', {}, make('summary', { className: 'worker' }, ...line), make('dl', { className: 'figures' }, ...figure_rows(worker.metrics)));
    box.dataset.name = worker.name;
    box.open = this.#open_workers.has(worker.name);
    box.ontoggle = () => { if (box.open) this.#open_workers.add(worker.name); else this.#open_workers.delete(worker.name); };
    return make('li', {}, box);
  }

  async #load_stats() {
    if (!by_id('stats').open) return;
    const rows = figure_rows(await ask('/stats').catch(() => ({})));
    by_id('stats-list').replaceChildren(...(rows.length ? rows : [make('p', { className: 'none' }, 'None yet.')]));
  }
}
