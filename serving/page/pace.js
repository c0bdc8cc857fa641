// How far a job is, and when it will be through at the speed of its last half minute.

import { clock, make } from './text.js';
import { percent, span } from './units.js';

const window_ms = 30_000;

export class pace {
  #samples = []; // {at, seconds}, oldest first, of one attempt
  #attempt = null;
  progress = null;

  add(progress, at = performance.now()) {
    const last = this.#samples[this.#samples.length - 1];
    if (progress.attempt !== this.#attempt || (last && progress.seconds < last.seconds)) this.#samples = [];
    this.#attempt = progress.attempt;
    this.progress = progress;
    this.#samples.push({ at, seconds: progress.seconds });
    while (this.#samples.length > 2 && at - this.#samples[0].at > window_ms) this.#samples.shift();
  }

  // Seconds of the video in a second; 0: not known yet.
  get speed() {
    const first = this.#samples[0], last = this.#samples[this.#samples.length - 1];
    return first && last.at - first.at > 900 ? (1000 * (last.seconds - first.seconds)) / (last.at - first.at) : 0;
  }
  get share() { return this.progress && this.progress.duration_s > 0 ? Math.min(1, this.progress.seconds / this.progress.duration_s) : null; }
  get left_s() { return this.share !== null && this.speed > 0 ? Math.max(0, this.progress.duration_s - this.progress.seconds) / this.speed : null; }
}

// A bar with its figures, to be filled by `show`.
export class progress_bar {
  constructor() {
    this.fill = make('i');
    this.bar = make('span', { className: 'progress' }, this.fill);
    this.bar.setAttribute('role', 'progressbar');
    this.bar.setAttribute('aria-label', 'Progress');
    this.share = make('b');
    this.rest = make('span');
    this.element = make('span', { className: 'going' }, this.bar, this.share, this.rest);
  }

  show(pace) {
    const { share, speed, left_s, progress } = pace;
    this.bar.classList.toggle('unknown', share === null);
    if (share === null) this.bar.removeAttribute('aria-valuenow'); else this.bar.setAttribute('aria-valuenow', Math.floor(100 * share));
    this.fill.style.width = share === null ? '' : `${(100 * share).toFixed(2)}%`;
    this.share.textContent = share === null ? '' : percent(share);
    this.rest.textContent = !progress ? 'starts' : [
      progress.attempt > 1 ? `attempt ${progress.attempt}` : '',
      share === null ? clock(progress.seconds, 0) : '',
      speed > 0 ? `${speed.toFixed(speed < 10 ? 1 : 0)}×` : '',
      left_s === null ? '' : share >= 1 ? 'finishing' : `${span(left_s)} left`,
    ].filter(Boolean).join('  ');
  }
}
