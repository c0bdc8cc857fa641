// An event stream that stays open: after a refusal or a lost connection it is asked for again, and whoever listens is
// told that it may have missed something. A hidden page lets go of it, because browsers share six connections among all
// pages of a daemon, and the daemon caps its streams.

const longest_wait = 30_000;
const hidden_for = 20_000;

// `on` has a function for each kind of event, for `missed` (ask for everything again) and for `link` (true: open).
// Gives back what ends it.
export function follow(path, on) {
  let source = null, wait = 1000, timer = 0, ended = false, gap = false;

  const close = () => { clearTimeout(timer); if (source) source.close(); source = null; };
  const open = () => {
    close();
    source = new EventSource(path);
    source.onopen = () => {
      wait = 1000;
      on.link(true);
      if (gap) on.missed();
      gap = false;
    };
    source.onerror = () => {
      gap = true;
      on.link(false);
      if (!source || source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      close();
      timer = setTimeout(() => { on.missed(); open(); }, wait); // so the page goes on, if slower, where no stream is to be had
      wait = Math.min(longest_wait, wait * 2);
    };
    for (const kind of ['state', 'progress', 'find'])
      source.addEventListener(kind, (event) => on[kind] && on[kind](JSON.parse(event.data)));
    source.addEventListener('missed', () => on.missed());
  };
  const seen = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => { gap = true; close(); }, hidden_for);
    else if (!source) open();
  };
  document.addEventListener('visibilitychange', seen);
  open();
  return () => {
    if (ended) return;
    ended = true;
    close();
    document.removeEventListener('visibilitychange', seen);
  };
}
