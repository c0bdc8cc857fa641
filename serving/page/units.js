// Bytes, shares and moments as people read them.

import { clock, make } from './text.js';

export function bytes(n) {
  for (const [unit, name] of [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']])
    if (n >= unit) return `${(n / unit).toFixed(n >= 100 * unit ? 0 : 1)} ${name}`;
  return `${n} B`;
}

export const percent = (share) => `${Math.floor(100 * share)} %`;

// 75 -> "1:15", and for what is longer than a day its days.
export const span = (seconds) => (seconds < 86400 ? clock(Math.max(0, seconds), 0) : `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`);

// A moment, RFC 3339, as briefly as it is clear today.
export function moment(text) {
  const at = new Date(text), now = new Date();
  if (Number.isNaN(at.getTime())) return make('time', {}, '');
  const time = at.toLocaleTimeString('en-GB');
  const day = at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }) });
  const brief = at.toDateString() === now.toDateString() ? time : `${day} ${time.slice(0, 5)}`;
  return make('time', { dateTime: text, title: at.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'medium' }) }, brief);
}
