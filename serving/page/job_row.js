// One job of the list. It is made once and then kept up to date, so that the focus stays where it is.

import { progress_bar, pace } from './pace.js';
import { action_buttons, badge, is_final } from './states.js';
import { make } from './text.js';
import { moment } from './units.js';

const folder = (path) => path.slice(0, path.lastIndexOf('/') + 1);

// The reason without the video's path, which the row has already.
function without_path(job) {
  const parts = job.reason.split(': ').map((part) => (part.startsWith(`${job.path} `) ? part.slice(job.path.length + 1) : part));
  return parts.join(': ').replaceAll(job.path, job.name);
}

// Why the job is as it is, in a line.
function reason_of(job) {
  const parts = [];
  const say = (...part) => parts.push(...(parts.length ? [' · '] : []), ...part);
  if (job.reason) say(without_path(job));
  if (job.state === 'queued' && Date.parse(job.not_before) > Date.now() + 1000) say('next attempt ', moment(job.not_before));
  else if (job.state === 'queued' && !job.reason && job.lane === 'interactive') say('interactive');
  if (job.result_of) say(`same content as job ${job.result_of}`);
  return parts;
}

export class job_row {
  constructor(job, changed) {
    this.changed = changed;
    this.pace = new pace();
    this.state = make('span', { className: 'job-state' });
    this.name = make('a', { href: `#/job/${job.id}`, dir: 'auto', className: 'job-name' });
    this.folder = make('span', { className: 'job-folder', dir: 'auto' });
    this.why = make('span', { className: 'job-why', dir: 'auto' });
    this.bar = new progress_bar();
    this.time = make('span', { className: 'job-time' });
    this.buttons = make('span', { className: 'job-buttons' });
    this.element = make('li', { className: 'job' }, this.state, make('span', { className: 'job-video' }, this.name, this.folder),
      make('span', { className: 'job-what' }, this.bar.element, this.why), this.time, this.buttons);
    this.element.dataset.id = job.id;
    this.update(job);
  }

  update(job) {
    const before = this.job;
    this.job = job;
    if (job.progress) this.pace.add(job.progress);
    const running = job.state === 'running' || job.state === 'publishing';
    this.bar.element.hidden = !running;
    if (running) this.show_progress();
    if (before && JSON.stringify({ ...before, progress: null }) === JSON.stringify({ ...job, progress: null })) return;

    if (!before || before.state !== job.state || before.name !== job.name) {
      const had_focus = this.buttons.contains(document.activeElement);
      this.element.dataset.state = job.state;
      this.state.replaceChildren(badge(job.state));
      this.buttons.replaceChildren(...action_buttons(job, this.changed));
      if (had_focus) (this.buttons.firstChild || this.name).focus();
    }
    this.name.textContent = job.name;
    this.name.title = job.path;
    this.folder.textContent = folder(job.path);
    this.why.replaceChildren(...(running ? [] : reason_of(job)));
    this.why.title = this.why.textContent;
    this.why.classList.toggle('bad', is_final(job.state) && job.state !== 'done' && job.state !== 'cancelled');
    this.time.replaceChildren(moment(job.changed));
  }

  progress(progress) {
    this.pace.add(progress);
    this.show_progress();
  }

  show_progress() { this.bar.show(this.pace); }
}
