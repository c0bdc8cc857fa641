// The states of jobs: their words, what may be done in each, and doing it.

import { ask } from './api.js';
import { complain } from './say.js';
import { make } from './text.js';

export const states = ['running', 'publishing', 'queued', 'paused', 'done', 'partial', 'failed', 'quarantined', 'cancelled'];
export const is_final = (state) => states.indexOf(state) >= states.indexOf('done');
export const known = (state) => (states.includes(state) ? state : 'cancelled');

const allowed = {
  queued: ['pause', 'cancel'], paused: ['resume', 'cancel'], running: ['cancel'],
  partial: ['retry'], failed: ['retry'], quarantined: ['retry'], cancelled: ['retry'],
};
const labels = { pause: 'Pause', cancel: 'Cancel', resume: 'Resume', retry: 'Retry' };

const act = (id, action) => (action === 'cancel' ? ask(`/v1/jobs/${id}`, { method: 'DELETE' }) : ask(`/v1/jobs/${id}/${action}`, { method: 'POST' }));

// A button for each thing that may be done with the job; `after` is called when one was done.
export function action_buttons(job, after, also = []) {
  return [...(allowed[job.state] || []), ...also].map((action) => {
    const label = job.state === 'done' ? 'Analyze again' : labels[action];
    const button = make('button', { className: `button ${action}`, ariaLabel: `${label} ${job.name}` }, label);
    button.onclick = async () => {
      button.disabled = true;
      try {
        await act(job.id, action);
      } catch (error) {
        complain(error);
      }
      button.disabled = false;
      after();
    };
    return button;
  });
}

export const badge = (state) => make('span', { className: `badge ${known(state)}` }, state);
