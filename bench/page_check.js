// Uses the page as a reader would and says what did not work; bench/page_check runs it inside each sample page.
const failures = [];
const expect = (what, held) => { if (!held) failures.push(what); };
window.addEventListener('error', (event) => failures.push(event.message));

function use_page() {
  body.setPointerCapture = head.setPointerCapture = () => {}; // there is no real pointer to capture
  const pointer = (type, x, y) => body.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, pointerType: 'mouse', button: 0, clientX: x, clientY: y }));
  const key = (name, target = document.body) => target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
  const corner = body.getBoundingClientRect();

  const place = places[1];
  const event = place.lane.list[Math.min(3, place.lane.list.length - 1)];
  show(event.from - 2, event.to - event.from + 4);
  const x = corner.left + (x_of(event.from) + x_of(event.to)) / 2, y = corner.top + place.y + 6;
  pointer('pointermove', x, y);
  expect('a tooltip where the pointer is', !tip.hidden && hovered.event === event);
  pointer('pointerdown', x, y); pointer('pointerup', x, y);
  expect('a click selects', selected === event && !details.hidden);
  const start = view.start;
  pointer('pointerdown', x, y); pointer('pointermove', x + 60, y); pointer('pointerup', x + 60, y);
  expect('a drag pans and does not select', view.start <= start && selected === event);
  const t = t_of(300);
  body.dispatchEvent(new WheelEvent('wheel', { deltaY: -200, clientX: corner.left + 300, clientY: y, bubbles: true, cancelable: true }));
  expect('the wheel keeps the time under the pointer', Math.abs(t_of(300) - t) < 1e-6);

  const index = shown.indexOf(selected);
  key('j');
  expect('j selects the next event', shown.indexOf(selected) === index + 1);
  key('k');
  expect('k selects the previous event', selected === event);
  key('n');
  expect('n selects a scene', scenes.includes(selected));
  key('Escape');
  expect('escape clears the selection', selected === null && details.hidden);
  key('/');
  const filter = document.getElementById('filter');
  expect('/ goes to the filter', document.activeElement === filter);
  filter.value = 'cut_analysis';
  filter.dispatchEvent(new Event('input'));
  expect('the filter keeps what matches', shown.length > 0 && shown.length < events.length && shown.every((e) => !e.dim));
  key('Escape', filter);
  expect('escape clears the filter', shown.length === events.length);

  for (const e of events.slice(0, 300)) select(e);
  for (const s of scenes.slice(0, 50)) select(s);
  for (let i = 0; i < 40; ++i) { show((duration * ((i * 37) % 40)) / 40, duration * (i / 40) ** 4); draw_all(); }
  expect('the view stays inside the video', view.start >= 0 && view.start + view.span <= duration + 1e-6);
  expect('no attribute reaches a prototype', ({}).polluted === undefined);
  select(null);
  show(0, duration);
  const began = performance.now();
  for (let i = 0; i < 10; ++i) draw_all();
  return (performance.now() - began) / 10;
}

addEventListener('load', () => {
  let frame_ms = 0;
  try {
    if (events.length) frame_ms = use_page();
    expect('the title is the file\'s name', document.title === `${media.name} · timeline`.trim());
    expect('no element came out of the data', document.querySelectorAll('script').length === 3 && !document.querySelector('img[src=x]'));
  } catch (error) { failures.push(`${error.message} ${error.stack}`); }
  document.body.dataset.check = failures.length ? `failed: ${failures.join('; ')}` : `passed, ${events.length} events, ${frame_ms.toFixed(1)} ms a frame`;
});
