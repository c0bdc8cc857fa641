// What a video is, and what became of each analyzer, in a line each.

function fill_facts(line) {
  const bytes = media.bytes;
  const size = bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
  const facts = [clock(media.duration_s, 1), `${media.width} × ${media.height}`, media.rotation ? `turned by ${media.rotation}°` : '',
    media.rate_hz ? `${Number(media.rate_hz.toFixed(3))} fps` : '', plural(media.frames, 'frame'), [media.codec, media.pixel_format].filter(Boolean).join(' '), size, media.has_audio ? 'with sound' : 'no sound'];
  for (const fact of facts) if (fact) line.append(make('span', {}, fact));
  if (media.decode_errors) line.append(make('span', { className: 'warn', title: media.decode_notes.join('\n') }, plural(media.decode_errors, 'decode error')));
  if (media.sha256) {
    const hash = make('button', { title: `SHA-256 ${media.sha256} (press to copy)` }, `sha256 ${media.sha256.slice(0, 12)}…`);
    hash.onclick = () => navigator.clipboard && navigator.clipboard.writeText(media.sha256).then(() => { hash.textContent = 'copied'; });
    line.append(hash);
  }
  if (data.provenance.program) line.append(make('span', { title: data.provenance.libraries.join('\n') }, `${data.provenance.program}, ${data.provenance.created.slice(0, 10)}`));
}

function fill_analyzers(list) {
  list.replaceChildren();
  for (const a of data.analyzers) {
    const track = track_of.get(a.id);
    const dot = make('span', { className: 'dot' });
    dot.style.background = a.status === 'skipped' || a.status === 'failed' ? `var(--${a.status})` : hue(track);
    const button = make('button', { title: [`${a.id}: ${a.status}`, a.reason, a.backend && `${a.backend} on ${a.device}, ${a.seconds.toFixed(1)} s, ${plural(a.frames, 'frame')}`, a.taken_from && `taken from the analysis of ${a.taken_from.created.slice(0, 10)}`].filter(Boolean).join('\n') }, dot, make('span', { className: 'who' }, capital(words(a.id))));
    button.append(a.status === 'done' || a.status === 'running' ? make('span', { className: 'status' }, (a.events ?? track.count).toLocaleString('en')) : make('span', { className: `status ${a.status}` }, a.status));
    if (a.reason) button.append(make('span', { className: 'why', dir: 'auto' }, a.reason));
    if (track.rows.length) {
      button.setAttribute('aria-pressed', String(!track.hidden));
      button.onclick = () => {
        const now = track_of.get(a.id); // which another one may have replaced
        now.hidden = !now.hidden;
        button.setAttribute('aria-pressed', String(!now.hidden));
        refilter();
        lay_out();
      };
    } else if (a.reason) {
      button.onclick = () => button.classList.toggle('open');
    } else {
      button.disabled = true;
    }
    list.append(make('li', {}, button));
  }
}
