// What the page tells by itself: to everybody as a note in the corner, to screen readers in a live region.

import { make } from './text.js';

const toasts = document.getElementById('toasts');
const said = document.getElementById('said');

export function complain(error) {
  if (error.name === 'AbortError' || error.status === 401) return;
  const text = error.message || String(error);
  if ([...toasts.children].some((toast) => toast.firstChild.textContent === text)) return;
  const toast = make('p', {}, make('span', { dir: 'auto' }, text), make('button', { ariaLabel: 'Close', onclick: () => toast.remove() }, '×'));
  toasts.append(toast);
  setTimeout(() => toast.remove(), 12_000);
}

// Sentences that come close together are said as one, and no more than three of them.
let waiting = [];
export function announce(sentence) {
  waiting.push(sentence);
  if (waiting.length > 1) return;
  setTimeout(() => {
    said.textContent = waiting.slice(0, 3).join(' ') + (waiting.length > 3 ? ` And ${waiting.length - 3} more.` : '');
    waiting = [];
  }, 700);
}
