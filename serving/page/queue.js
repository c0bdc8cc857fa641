// The list of jobs, newest first, a page at a time, with the counts by state and what holds the queue.

import { ask } from './api.js';
import { job_row } from './job_row.js';
import { announce, complain } from './say.js';
import { is_final, states } from './states.js';
import { make, plural } from './text.js';

const page_size = 100;
const by_id = (id) => document.getElementById(id);

export class queue {
  #rows = new Map(); // by id, those shown
  #chosen = [];      // states; empty: all
  #before = null;
  #listing = null;
  #loading = null;
  #dirty = false;
  #timer = 0;

  constructor() {
    by_id('queue-pause').onclick = () => this.#pause();
  }

  // Shows the jobs of these states that are older than `before`.
  open({ chosen, before }) {
    if (chosen.join() !== this.#chosen.join() || before !== this.#before) {
      this.#chosen = chosen;
      this.#before = before;
      scrollTo(0, 0);
    }
    return this.load();
  }

  async load() {
    if (this.#loading) this.#loading.abort();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#dirty = false;
    const mine = (this.#loading = new AbortController());
    const query = new URLSearchParams({ limit: page_size });
    if (this.#chosen.length) query.set('state', this.#chosen.join());
    if (this.#before) query.set('before', this.#before);
    try {
      const listing = await ask(`/v1/jobs?${query}`, { signal: mine.signal });
      if (!mine.signal.aborted) this.#show(listing);
    } catch (error) {
      if (!mine.signal.aborted) throw error;
    } finally {
      if (this.#loading === mine) {
        this.#loading = null;
        if (this.#dirty) this.soon();
      }
    }
  }

  // The whole page again, though not more than every other second.
  soon() {
    if (this.#loading) this.#dirty = true;
    else if (!this.#timer) this.#timer = setTimeout(() => this.load().catch(() => {}), this.#listing ? 1500 : 0);
  }

  state(job) {
    const row = this.#rows.get(job.id);
    if (row) {
      if (row.job.state !== job.state && is_final(job.state)) announce(`${job.name}: ${job.state}.`);
      row.update(job);
    }
    this.soon(); // for the counts, and for jobs that come and go
  }

  progress(progress) {
    const row = this.#rows.get(progress.id);
    if (row) row.progress(progress);
  }

  // Moves the focus to the next job, or the one before.
  step(by) {
    const links = [...by_id('jobs').querySelectorAll('.job-name')];
    const here = document.activeElement && document.activeElement.closest('.job');
    const at = here ? links.findIndex((link) => here.contains(link)) : by > 0 ? -1 : links.length;
    const next = links[Math.min(links.length - 1, Math.max(0, at + by))];
    if (next) next.focus();
  }

  clear() {
    if (this.#loading) this.#loading.abort();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#listing = null;
    this.#rows.clear();
    by_id('jobs').replaceChildren();
  }

  #show(listing) {
    this.#listing = listing;
    const list = by_id('jobs');
    const kept = new Set(listing.jobs.map((job) => job.id));
    const focused = document.activeElement && document.activeElement.closest('#jobs .job');
    const beside = focused && !kept.has(Number(focused.dataset.id)) ? focused.nextSibling || focused.previousSibling : null;
    for (const [id, row] of this.#rows)
      if (!kept.has(id)) { row.element.remove(); this.#rows.delete(id); }
    let after = null;
    for (const job of listing.jobs) {
      let row = this.#rows.get(job.id);
      if (row) row.update(job); else this.#rows.set(job.id, (row = new job_row(job, () => this.load().catch(complain))));
      const place = after ? after.nextSibling : list.firstChild;
      if (row.element !== place) list.insertBefore(row.element, place);
      after = row.element;
    }
    if (beside && beside.isConnected) beside.querySelector('.job-name').focus();
    this.#show_filters(listing.counts);
    this.#show_holds(listing);
    by_id('job-head').hidden = !listing.jobs.length;
    this.#show_empty(listing);
    this.#show_paging(listing);
  }

  #show_filters(counts) {
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const chosen = new Set(this.#chosen);
    const href = (wanted) => (wanted.length ? `#/?state=${wanted.join()}` : '#/');
    const wanted = [['all', total, [], !chosen.size]];
    for (const state of states) {
      const n = counts[state] || 0;
      if (!n && !chosen.has(state) && ['publishing', 'paused', 'cancelled', 'quarantined'].includes(state)) continue;
      const next = new Set(chosen);
      if (!next.delete(state)) next.add(state);
      wanted.push([state, n, states.filter((s) => next.has(s)), chosen.has(state)]);
    }
    const box = by_id('filters');
    const have = new Map([...box.children].map((link) => [link.dataset.state, link]));
    box.replaceChildren(...wanted.map(([state, n, to, on]) => {
      const link = have.get(state) || make('a', { className: `chip ${state}` }, make('i'), make('span', {}, state), make('b'));
      link.dataset.state = state;
      link.href = href(to);
      link.lastChild.textContent = n.toLocaleString('en');
      link.classList.toggle('zero', !n);
      if (on) link.setAttribute('aria-current', 'true'); else link.removeAttribute('aria-current');
      return link;
    }));
  }

  #show_holds({ paused, held, counts }) {
    by_id('queue-pause').textContent = paused ? 'Resume queue' : 'Pause queue';
    by_id('queue-pause').classList.toggle('primary', paused);
    const line = by_id('held');
    const waiting = counts.queued || 0;
    const text = paused ? `The queue is paused: ${waiting ? plural(waiting, 'job') : 'nothing'} ${waiting === 1 ? 'waits' : waiting ? 'wait' : 'waits'}, what runs goes on.` : held ? `Nothing new starts: ${held}` : '';
    if (line.textContent !== text) line.textContent = text;
    line.hidden = !text;
  }

  #show_empty({ jobs }) {
    const note = by_id('no-jobs');
    note.hidden = jobs.length > 0;
    note.textContent = this.#before ? 'There are no older jobs.' : this.#chosen.length ? `No job is ${this.#chosen.join(' or ')}.` : 'No videos yet. Put one into a watched folder, drop it here, or add it with the button above.';
  }

  #show_paging({ jobs, next }) {
    by_id('paging').hidden = !next && !this.#before;
    const href = (before) => {
      const query = [this.#chosen.length ? `state=${this.#chosen.join()}` : '', before ? `before=${before}` : ''].filter(Boolean).join('&');
      return query ? `#/?${query}` : '#/';
    };
    const set = (link, on, to) => { if (on) link.href = href(to); else link.removeAttribute('href'); };
    set(by_id('newest'), this.#before, null);
    set(by_id('older'), next, next);
    by_id('page-note').textContent = jobs.length ? `jobs ${jobs[0].id} to ${jobs[jobs.length - 1].id}` : '';
  }

  async #pause() {
    const button = by_id('queue-pause');
    button.disabled = true;
    try {
      await ask(`/v1/queue/${this.#listing && this.#listing.paused ? 'resume' : 'pause'}`, { method: 'POST' });
      await this.load();
    } catch (error) {
      complain(error);
    }
    button.disabled = false;
  }
}
