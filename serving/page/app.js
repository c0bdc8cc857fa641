// Puts the page together: signing in, which part is shown, what the daemon says of itself.

import { start_adding } from './adding.js';
import { ask, readiness } from './api.js';
import { follow } from './live.js';
import { machine } from './machine.js';
import { queue } from './queue.js';
import { announce, complain } from './say.js';
import { states } from './states.js';
import { viewer } from './viewer.js';

const by_id = (id) => document.getElementById(id);
const wide = matchMedia('(min-width: 1100px)'); // then the machine stands beside the queue

const jobs = new queue();
const host = new machine();
let opened = null; // the viewer of a job
let following = false; // the stream of all jobs
let stop = () => {};
let signed_in = false;

// ---- Whether the daemon is there and can work

let linked = null;
function show_link(open) {
  if (linked === open) return;
  linked = open;
  by_id('link').textContent = open ? 'live' : 'reconnecting …';
  by_id('link').classList.toggle('lost', !open);
  if (!open) check_ready();
}

let ready_timer = 0;
async function check_ready() {
  clearTimeout(ready_timer);
  if (!signed_in) return;
  let text = '', title = '', advice = '';
  try {
    const { ready, reason } = await readiness();
    if (!ready) {
      title = 'The daemon takes no work';
      text = reason;
      advice = 'This page looks again by itself. After a change to the configuration, start the daemon again or send it SIGHUP.';
    }
  } catch (error) {
    if (error.status === 401) return;
    title = 'The daemon does not answer';
    text = error.status ? error.message : '';
    advice = 'It was stopped, or the network to it is gone. This page tries again by itself.';
  }
  const was = by_id('trouble').hidden;
  by_id('trouble').hidden = !title;
  by_id('trouble-title').textContent = title;
  if (by_id('trouble-reason').textContent !== text) by_id('trouble-reason').textContent = text;
  by_id('trouble-advice').textContent = advice;
  if (!title && !was) announce('The daemon works again.');
  const was_out = document.body.classList.contains('out-of-order');
  const out = title && !by_id('jobs').children.length && !opened; // nothing to show but the reason
  document.body.classList.toggle('out-of-order', Boolean(out));
  if (was_out && !out) show_route();
  ready_timer = setTimeout(check_ready, title ? 4000 : 30_000);
}

// ---- What is shown

function route() {
  const [path, query] = location.hash.slice(1).split('?');
  const found = /^\/job\/(\d+)$/.exec(path);
  if (found) return { page: 'job', id: Number(found[1]) };
  const asked = new URLSearchParams(query || '');
  const chosen = states.filter((state) => (asked.get('state') || '').split(',').includes(state));
  return { page: path === '/machine' ? 'machine' : 'queue', chosen, before: Number(asked.get('before')) || null };
}

async function show_route() {
  if (!signed_in) return;
  const to = route();
  document.body.dataset.page = to.page;
  by_id('job').hidden = to.page !== 'job';
  by_id('queue').hidden = to.page === 'job' || (to.page === 'machine' && !wide.matches);
  by_id('machine').hidden = to.page === 'job' || (to.page === 'queue' && !wide.matches);
  for (const [id, page] of [['to-queue', 'queue'], ['to-machine', 'machine']])
    if (to.page === page) by_id(id).setAttribute('aria-current', 'page'); else by_id(id).removeAttribute('aria-current');
  if (by_id('machine').hidden) host.stop(); else host.start();

  if (to.page === 'job') {
    if (opened && opened.id === to.id) return;
    leave();
    opened = new viewer(to.id, show_link);
    stop = () => { opened.close(); opened = null; };
    by_id('content').focus({ preventScroll: true });
    scrollTo(0, 0);
    return;
  }
  if (opened || !following) {
    const from = opened && opened.id;
    leave();
    following = true;
    const end = follow('/v1/events', {
      link: show_link,
      missed: () => jobs.soon(),
      state: (job) => jobs.state(job),
      progress: (progress) => jobs.progress(progress),
    });
    stop = () => { end(); following = false; };
    await load_queue(to);
    const row = from && document.querySelector(`.job[data-id="${from}"] .job-name`);
    if (row) row.focus();
    return;
  }
  await load_queue(to);
}

async function load_queue(to) {
  if (by_id('queue').hidden) return;
  try {
    await jobs.open(to);
  } catch (error) {
    if (by_id('jobs').children.length) complain(error);
    check_ready();
  }
}

function leave() {
  stop();
  stop = () => {};
}

// ---- Signing in and out

function show_sign_in(why = '') {
  signed_in = false;
  leave();
  host.stop();
  jobs.clear();
  linked = null;
  for (const id of ['bar', 'content', 'trouble']) by_id(id).hidden = true;
  document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
  by_id('sign-in').hidden = false;
  by_id('sign-in-error').textContent = why;
  document.body.dataset.page = 'sign-in';
  by_id('token').focus();
}

function enter() {
  signed_in = true;
  by_id('sign-in').hidden = true;
  by_id('token').value = '';
  by_id('bar').hidden = by_id('content').hidden = false;
  show_route().finally(check_ready);
}

by_id('sign-in-form').onsubmit = async (event) => {
  event.preventDefault();
  const button = event.submitter || by_id('sign-in-form').querySelector('button');
  button.disabled = true;
  by_id('sign-in-error').textContent = '';
  try {
    await ask('/v1/session', { method: 'POST', body: { token: by_id('token').value.trim() } });
    enter();
  } catch (error) {
    by_id('sign-in-error').textContent = error.message;
    by_id('token').select();
  }
  button.disabled = false;
};
by_id('sign-out').onclick = async () => {
  await ask('/v1/session', { method: 'DELETE' }).catch(() => {});
  show_sign_in();
};
addEventListener('signed-out', () => { if (signed_in) show_sign_in('The session has ended; sign in again.'); });

// ---- Keys of the queue; those of a timeline are its own

document.addEventListener('keydown', (event) => {
  if (!signed_in || document.body.dataset.page === 'job' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches('input, dialog *')) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step && (event.key.length === 1 || event.target.closest('.job'))) { event.preventDefault(); jobs.step(step); }
  if (event.key === 'a') { event.preventDefault(); by_id('add-button').click(); }
});

// ---- Start

by_id('skip').onclick = () => by_id('content').focus();
start_adding(() => jobs.soon(), () => signed_in);
addEventListener('hashchange', show_route);
wide.addEventListener('change', show_route);
ask('/v1/session').then(enter, (error) => {
  if (error.status === 401) return show_sign_in();
  show_sign_in(error.message);
});
