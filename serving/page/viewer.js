// One job: what it is, how it went, and its timeline; while it runs, what is found as it is found.

import { ask } from './api.js';
import { open_board } from './board.js';
import { follow } from './live.js';
import { pace, progress_bar } from './pace.js';
import { announce, complain } from './say.js';
import { action_buttons, badge, is_final } from './states.js';
import { make, plural, words } from './text.js';
import { moment } from './units.js';

const by_id = (id) => document.getElementById(id);
const finds_every_ms = 400;

function facts_of(job) {
  const facts = [badge(job.state), make('span', { title: job.path, dir: 'auto' }, job.path)];
  const say = (text, title = '') => { if (text) facts.push(make('span', { title }, text)); };
  if (job.analyzers && job.analyzers.length) say(`only ${job.analyzers.map(words).join(', ')}`);
  if (job.attempts) say(plural(job.attempts, 'failed attempt'));
  if (job.interruptions) say(plural(job.interruptions, 'interruption'), 'Attempts that ended with the daemon itself');
  if (job.result_of) facts.push(make('span', {}, 'same content as ', make('a', { href: `#/job/${job.result_of}` }, `job ${job.result_of}`)));
  if (job.moved_to) say(`moved to ${job.moved_to}`, job.moved_to);
  for (const format of job.formats || [])
    facts.push(make('a', { href: `/v1/jobs/${job.id}/timeline?format=${format}`, target: '_blank', rel: 'noopener', title: `The timeline as ${format}` }, format));
  return facts;
}

export class viewer {
  #board = null;
  #timeline = null; // of the board; with `live` when it is still being made
  #job = null;
  #pace = new pace();
  #bar = new progress_bar();
  #found = [];
  #loading = false;
  #again = false;
  #timer = 0;
  #stop = () => {};
  #ended = new AbortController();

  constructor(id, on_link) {
    this.id = id;
    by_id('job-progress').replaceChildren(this.#bar.element);
    for (const part of ['name', 'facts', 'job-actions', 'viewer']) by_id(part).replaceChildren();
    by_id('job-reason').hidden = by_id('job-progress').hidden = true;
    this.load();
    this.#stop = follow(`/v1/jobs/${id}/events`, {
      link: on_link,
      missed: () => this.load(),
      state: () => this.load(),
      progress: (progress) => this.#progress(progress),
      find: (event) => this.#find(event),
    });
  }

  close() {
    this.#ended.abort();
    this.#stop();
    clearTimeout(this.#timer);
    if (this.#board) this.#board.close();
    by_id('viewer').replaceChildren();
    document.title = 'timeloom';
  }

  // One at a time: what is asked for meanwhile is asked for again.
  async load() {
    this.#again = Boolean(this.#loading);
    if (this.#loading) return;
    this.#loading = true;
    await this.#load();
    this.#loading = false;
    if (this.#again && !this.#ended.signal.aborted) this.load();
  }

  async #load() {
    const signal = this.#ended.signal;
    try {
      const job = await ask(`/v1/jobs/${this.id}`, { signal });
      if (signal.aborted) return;
      const before = this.#job;
      this.#job = job;
      if (job.progress) this.#pace.add(job.progress);
      if (before && before.state !== job.state) announce(`${job.name} is ${job.state} now.`);
      await this.#choose_board(job, signal);
      if (!signal.aborted) this.#show_top(job);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status !== 404) return complain(error);
      by_id('name').textContent = `There is no job ${this.id}`;
      by_id('viewer').replaceChildren(make('p', { className: 'empty' }, 'It may have been forgotten: the journal keeps only so many finished jobs.'));
    }
  }

  async #choose_board(job, signal) {
    if (is_final(job.state) && (job.formats || []).includes('json')) {
      if (this.#timeline && !this.#timeline.live) return;
      const timeline = await ask(`/v1/jobs/${this.id}/timeline?format=json`, { signal });
      if (!signal.aborted) this.#show_board(timeline);
    } else if (job.state === 'running' || job.state === 'publishing') {
      if (this.#timeline && this.#timeline.live) return;
      const duration_s = job.progress ? job.progress.duration_s : 0;
      this.#show_board({ live: true, media: { name: job.name, duration_s, width: 16, height: 9 }, analyzers: [], scenes: [], events: [] });
      if (this.#found.length) this.#take_finds();
    } else {
      this.#show_story_alone();
    }
  }

  #show_board(timeline) {
    const place = this.#board && this.#board.place();
    if (this.#board) this.#board.close();
    const box = by_id('viewer');
    box.classList.remove('plain');
    box.replaceChildren(by_id('board').content.cloneNode(true));
    this.#timeline = timeline;
    const picture = (scene) => (timeline.live ? '' : `/v1/jobs/${this.id}/thumbnails/${scene.number}`);
    this.#board = open_board(timeline, picture, `/v1/jobs/${this.id}/media`);
    if (place) this.#board.go_to(place);
  }

  #show_story_alone() {
    if (this.#board) this.#board.close();
    this.#board = this.#timeline = null;
    by_id('viewer').classList.add('plain');
    by_id('viewer').replaceChildren(make('ol', { className: 'story' }));
  }

  #show_top(job) {
    document.title = `${job.name} · timeloom`;
    by_id('name').textContent = job.name;
    by_id('name').title = job.path;
    by_id('facts').replaceChildren(...facts_of(job));
    if (this.#timeline && !this.#timeline.live) this.#board.fill_facts(by_id('facts'));
    by_id('job-actions').replaceChildren(...action_buttons(job, () => this.load(), job.state === 'done' ? ['retry'] : []));
    by_id('job-reason').textContent = job.reason;
    by_id('job-reason').hidden = !job.reason;
    by_id('job-reason').dataset.state = job.state;
    by_id('job-progress').hidden = job.state !== 'running' && job.state !== 'publishing';
    this.#bar.show(this.#pace);
    const story = by_id('viewer').querySelector('.story');
    if (story) story.replaceChildren(...(job.story || []).map((step) => make('li', {}, moment(step.at), make('span', { dir: 'auto' }, step.what))));
  }

  #progress(progress) {
    this.#pace.add(progress);
    this.#bar.show(this.#pace);
  }

  // Finds come one by one and by the hundred; the board takes them together.
  #find(event) {
    this.#found.push(event);
    if (!this.#timer) this.#timer = setTimeout(() => this.#take_finds(), finds_every_ms);
  }

  #take_finds() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#timeline || !this.#timeline.live) return;
    this.#board.add(this.#found.splice(0));
  }
}
