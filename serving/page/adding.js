// Videos that come through the page: a path on the daemon's machine, or files that are uploaded one after the other.

import { ask, refusal, refusal_of } from './api.js';
import { announce, complain } from './say.js';
import { make } from './text.js';
import { bytes, percent } from './units.js';

const by_id = (id) => document.getElementById(id);
const uploads = by_id('uploads');
const dialog = by_id('add');
const waiting = []; // uploads not begun
let busy = false;
let added = () => {};

class upload {
  constructor(file) {
    this.file = file;
    this.fill = make('i');
    this.bar = make('span', { className: 'progress' }, this.fill);
    this.bar.setAttribute('role', 'progressbar');
    this.bar.setAttribute('aria-label', `Upload of ${file.name}`);
    this.note = make('span', { className: 'upload-note' }, `${bytes(file.size)}, waits`);
    this.stop = make('button', { className: 'button', ariaLabel: `Stop the upload of ${file.name}`, onclick: () => this.abort() }, 'Stop');
    this.element = make('li', {}, make('span', { className: 'upload-name', dir: 'auto' }, file.name), this.bar, this.note, this.stop);
    uploads.append(this.element);
    uploads.hidden = false;
  }

  // fetch() tells nothing of how far an upload is, so this is XMLHttpRequest.
  send() {
    return new Promise((resolve, reject) => {
      const request = (this.request = new XMLHttpRequest());
      request.open('POST', `/v1/jobs?name=${encodeURIComponent(this.file.name)}`);
      request.setRequestHeader('Content-Type', 'application/octet-stream');
      request.upload.onprogress = ({ loaded, total }) => this.show(loaded, total);
      request.onload = () => {
        if (request.status >= 200 && request.status < 300) resolve(); else reject(refusal_of(request.status, request.responseText));
      };
      request.onerror = () => reject(new refusal(0, 'unreachable', 'The daemon ended the connection; the file may be larger than it takes.'));
      request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
      request.send(this.file);
    });
  }

  show(loaded, total) {
    this.fill.style.width = percent(loaded / total).replace(' ', '');
    this.bar.setAttribute('aria-valuenow', Math.floor((100 * loaded) / total));
    this.note.textContent = loaded < total ? `${bytes(loaded)} of ${bytes(total)}` : 'uploaded, is taken in';
  }

  abort() {
    const place = waiting.indexOf(this);
    if (place >= 0) waiting.splice(place, 1);
    if (this.request) this.request.abort();
    this.remove();
  }

  fail(error) {
    this.element.classList.add('failed');
    this.bar.hidden = true;
    this.note.textContent = error.message;
    this.stop.textContent = 'Close';
    this.stop.ariaLabel = `Close the note on ${this.file.name}`;
    announce(`The upload of ${this.file.name} failed.`);
  }

  remove() {
    this.element.remove();
    uploads.hidden = !uploads.children.length;
  }
}

async function send_all() {
  if (busy) return;
  busy = true;
  for (let next; (next = waiting.shift());) {
    try {
      await next.send();
      next.remove();
      announce(`${next.file.name} was uploaded.`);
      added();
    } catch (error) {
      if (error.name !== 'AbortError') next.fail(error);
    }
  }
  busy = false;
}

function take(files) {
  if (!files.length) return;
  for (const file of files) waiting.push(new upload(file));
  if (location.hash.startsWith('#/job/')) location.hash = '#/';
  send_all();
}

// Called with what to do when a job was added, and whether videos are taken now.
export function start_adding(when_added, signed_in) {
  added = when_added;
  by_id('add-button').onclick = () => { by_id('path-error').textContent = ''; dialog.showModal(); };
  by_id('add-close').onclick = () => dialog.close();
  by_id('upload-files').onchange = (event) => { dialog.close(); take([...event.target.files]); event.target.value = ''; };
  by_id('path-form').onsubmit = async (event) => {
    event.preventDefault();
    try {
      const job = await ask('/v1/jobs', { method: 'POST', body: { path: by_id('path').value.trim() } });
      by_id('path').value = '';
      dialog.close();
      announce(`${job && job.name ? job.name : 'The video'} was added.`);
      added();
    } catch (error) {
      if (error.status === 401) { dialog.close(); complain(error); }
      by_id('path-error').textContent = error.message;
    }
  };

  const carries_files = (event) => signed_in() && event.dataTransfer && [...event.dataTransfer.types].includes('Files');
  let inside = 0; // entering a child comes before leaving its parent
  addEventListener('dragenter', (event) => { if (carries_files(event)) { inside += 1; by_id('drop').hidden = false; } });
  addEventListener('dragleave', (event) => { if (carries_files(event) && (inside -= 1) <= 0) { inside = 0; by_id('drop').hidden = true; } });
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    inside = 0;
    by_id('drop').hidden = true;
    if (carries_files(event)) take([...event.dataTransfer.files]);
  });
}
