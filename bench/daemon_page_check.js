// What bench/daemon_page_check does in the page: node daemon_page_check.js URL TOKEN SCREENSHOTS VIDEO
const { readFileSync } = require('fs');
const { chromium } = require('playwright-core');

const [, , url, token, pictures, video] = process.argv;
const origin = new URL(url).origin;
const stamp = Date.now();
const names = { first: `page-check-${stamp} ${'with a name as long as people give them '.repeat(3)}.mp4`, second: `<img src=x onerror=alert(1)> & ${stamp}.mp4`, broken: `broken ${stamp}.mp4` };
const arguments_of_chromium = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--mute-audio', '--autoplay-policy=no-user-gesture-required'];

const failures = [];
function expect(what, held, more = '') {
  console.log(`${held ? 'ok    ' : 'FAILED'} ${what}${held || more === '' ? '' : `: ${more}`}`);
  if (!held) failures.push(what);
}
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function until(what, look, limit_ms = 20_000) {
  const end = Date.now() + limit_ms;
  for (;;) {
    const found = await look().catch(() => false);
    if (found || Date.now() > end) { expect(what, Boolean(found)); return found; }
    await pause(100);
  }
}

function listen(page) {
  page.on('pageerror', (error) => expect('no script fails', false, error.stack));
  page.on('console', (message) => {
    if (/Content Security Policy|violates/.test(message.text())) expect('the policy refuses nothing of the page', false, message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) expect('nothing comes from other hosts', false, request.url());
  });
}

async function sign_in(page) {
  await page.goto(`${url}/`);
  await page.waitForSelector('#sign-in:not([hidden])');
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#content:not([hidden])');
}

const row = (page, name) => page.locator('#jobs .job').filter({ has: page.locator('.job-name', { hasText: name }) });
const state_of = async (page, name) => (await row(page, name).count() ? row(page, name).getAttribute('data-state') : null);
const upload = (page, name) => page.setInputFiles('#upload-files', { name, mimeType: 'video/mp4', buffer: readFileSync(video) });
// innerWidth will not do: a phone makes it as wide as what does not fit.
const fits = (page) => page.evaluate((width) => document.documentElement.scrollWidth <= width && document.body.scrollWidth <= width, page.viewportSize().width);

async function check_sign_in(page) {
  await page.goto(`${url}/`);
  await page.waitForSelector('#sign-in:not([hidden])');
  expect('the token has the focus', await page.evaluate(() => document.activeElement.id === 'token'));
  await page.fill('#token', `${token}-not`);
  await page.keyboard.press('Enter');
  await until('a wrong token is refused with a sentence', async () => (await page.textContent('#sign-in-error')).length > 5);
  await page.screenshot({ path: `${pictures}/sign-in.png` });
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
  await until('the right one leads to the queue', () => page.locator('#queue').isVisible());
  const kept = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect('no script can read what stands for the token', !kept.includes(token) && !/[0-9a-f]{16}/i.test(kept), kept);
  const cookies = await page.context().cookies();
  expect('the cookie is HttpOnly and SameSite=Strict', cookies.length > 0 && cookies.every((c) => c.httpOnly && c.sameSite === 'Strict' && !c.value.includes(token)));
  await page.reload();
  await until('the token is asked for once', () => page.locator('#queue').isVisible());
  await until('the page hears of what happens', async () => (await page.textContent('#link')) === 'live');
}

async function check_upload_and_progress(page) {
  await page.click('#add-button');
  expect('the dialog to add videos opens', await page.locator('#add').isVisible());
  await page.fill('#path', '/etc/passwd');
  await page.keyboard.press('Enter');
  await until('a path outside of the allowed roots is refused with a sentence', async () => (await page.textContent('#path-error')).length > 5);
  await page.screenshot({ path: `${pictures}/add.png` });
  await upload(page, names.first);
  expect('the dialog closes when files are chosen', !(await page.locator('#add').isVisible()));
  await until('the uploaded video stands in the queue', () => row(page, names.first).isVisible(), 60_000);
  const shares = new Set();
  await until('its progress is seen as it goes on', async () => {
    const now = await row(page, names.first).locator('[role=progressbar]').getAttribute('aria-valuenow', { timeout: 500 });
    if (now !== null) shares.add(now);
    return shares.size > 1;
  }, 120_000);
  await page.screenshot({ path: `${pictures}/running.png` });
  await row(page, names.first).locator('.job-name').click();
  await until('the name leads to the job', () => page.locator('#job').isVisible());
  await until('which tells its story', async () => (await page.locator('.story li').count()) > 1);
  await until('and what is found, as it is found', async () => /^[1-9].* so far$/.test(await page.textContent('#list-title', { timeout: 500 })), 120_000);
  await page.screenshot({ path: `${pictures}/job-running.png` });
  await until('its end shows by itself', async () => /^(done|partial)$/.test(await page.textContent('#facts .badge')), 300_000);
}

async function check_viewer(page) {
  const title = () => page.textContent('#list-title');
  await until('its events are listed', async () => /^\d[\d,]* events?$/.test(await title()));
  await until('the video can be played', () => page.evaluate(() => document.getElementById('video').readyState >= 1));
  const length = await page.evaluate(() => document.getElementById('video').duration);
  const time = () => page.evaluate(() => document.getElementById('video').currentTime);
  const size = await page.locator('#head').boundingBox();
  await page.mouse.click(size.x + size.width / 2, size.y + 44);
  await until('a click on the time axis seeks there', async () => Math.abs((await time()) - length / 2) < length / 50);
  const redness = () => page.evaluate(() => {
    const canvas = document.getElementById('body');
    const paint = canvas.getContext('2d'), ratio = canvas.width / canvas.clientWidth;
    const [r, g, b] = paint.getImageData(Math.round(canvas.width / 2 - 3 * ratio), 2, Math.ceil(6 * ratio), 1).data.reduce((sum, v, i) => { sum[i % 4] += v; return sum; }, [0, 0, 0, 0]);
    return r - Math.max(g, b);
  });
  await until('and the playhead stands there', async () => (await redness()) > 60);
  await until('the pictures of the scenes come', async () => {
    const id = (await page.evaluate(() => location.hash)).split('/').pop();
    return page.evaluate((job) => fetch(`/v1/jobs/${job}/thumbnails/1`).then((r) => r.ok && r.headers.get('content-type') === 'image/jpeg'), id);
  });

  const all = await title();
  await page.locator('#head').focus();
  await page.keyboard.press('/');
  expect('/ goes to the filter', await page.evaluate(() => document.activeElement.id === 'filter'));
  await page.keyboard.type('cut_analysis');
  await until('the filter keeps what matches', async () => / of /.test(await title()));
  expect('in the list as well', await page.evaluate(() => [...document.querySelectorAll('#list .item span')].every((item) => /cut|dissolve|fade|wipe/i.test(item.textContent))));
  await page.keyboard.press('Escape');
  await until('Esc clears the filter', async () => (await title()) === all);

  await page.locator('#list').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await until('the arrows select an event', () => page.locator('#details').isVisible());
  await page.screenshot({ path: `${pictures}/job.png` });
  await page.keyboard.press('Escape');
  await until('Esc leaves it', async () => !(await page.locator('#details').isVisible()));
  await page.locator('#head').focus();
  await page.keyboard.press('Home');
  await until('Home seeks to the start', async () => (await time()) < 0.5);
  await page.keyboard.press('l');
  await until('l seeks ten seconds on', async () => Math.abs((await time()) - Math.min(10, length)) < 0.5);
  await page.keyboard.press('ArrowLeft');
  await until('the left arrow five back', async () => Math.abs((await time()) - Math.max(0, Math.min(10, length) - 5)) < 0.5);
  await page.keyboard.press(' ');
  await until('space plays', () => page.evaluate(() => !document.getElementById('video').paused));
  await page.keyboard.press('k');
  await until('k stops', () => page.evaluate(() => document.getElementById('video').paused));
  const view = () => page.textContent('#clock');
  const whole = await view();
  await page.keyboard.press('+');
  await until('+ zooms in', async () => (await view()) !== whole);
  await page.keyboard.press('0');
  await until('0 shows everything again', async () => (await view()) === whole);
  const chip = page.locator('#analyzers button[aria-pressed=true]').first();
  await chip.click();
  await until('an analyzer can be taken out', async () => / of /.test(await title()));
  await page.locator('#analyzers button[aria-pressed=false]').first().click();
  await page.keyboard.press('?');
  expect('? tells the keys', await page.locator('#help').isVisible());
  await page.keyboard.press('Escape');
}

async function check_queue(page) {
  await page.click('#back');
  await until('back to the queue, with the focus on the job', () => page.evaluate((name) => document.activeElement.textContent === name, names.first));
  await page.click('#queue-pause');
  await until('the queue can be paused', async () => /paused/.test(await page.textContent('#held')));
  await upload(page, names.second);
  await until('a name with markup is a name', async () => (await state_of(page, names.second)) === 'queued', 60_000);
  const press = (label) => row(page, names.second).getByRole('button', { name: label }).click();
  await press('Pause');
  await until('a job can be paused', async () => (await state_of(page, names.second)) === 'paused');
  await press('Resume');
  await until('and resumed', async () => (await state_of(page, names.second)) === 'queued');
  await press('Cancel');
  await until('and cancelled', async () => (await state_of(page, names.second)) === 'cancelled');
  await page.screenshot({ path: `${pictures}/queue.png` });
  await page.click('#filters .chip.cancelled');
  await until('the counts are filters', () => page.evaluate(() => {
    const states = [...document.querySelectorAll('#jobs .job')].map((job) => job.dataset.state);
    return location.hash.includes('cancelled') && states.length > 0 && states.every((state) => state === 'cancelled');
  }));
  await page.click('#filters .chip.all');
  await until('until all are shown', () => row(page, names.first).isVisible());
  await press('Retry');
  await until('a cancelled job can be tried again', async () => (await state_of(page, names.second)) === 'queued');
  await press('Cancel');
  await page.click('#queue-pause');
  await until('the queue goes on', async () => !(await page.locator('#held').isVisible()));
  await page.setInputFiles('#upload-files', { name: names.broken, mimeType: 'video/mp4', buffer: Buffer.from('no video') });
  await until('why a job failed is told without the path of its video', async () => /^is not a video/.test(await row(page, names.broken).locator('.job-why').textContent()));
  await until('workers are shown', async () => (await page.locator('#workers li').count()) > 0);
}

async function check_keyboard(page) {
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('j');
  expect('j goes to the first job', await page.evaluate(() => document.activeElement === document.querySelector('.job-name')));
  const invisible = [], reached = new Set();
  await page.locator('#skip').focus();
  for (let i = 0; i < 30; ++i) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.className));
    const seen = await page.evaluate(() => {
      const at = document.activeElement, style = getComputedStyle(at), named = at.getAttribute('aria-label') || at.textContent.trim() || at.labels?.length;
      return at === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 && named) ? '' : at.outerHTML.slice(0, 120);
    });
    if (seen) invisible.push(seen);
  }
  expect('the focus is seen wherever it goes, on things with names', !invisible.length, invisible.join('\n'));
  const wanted = ['add-button', 'sign-out', 'chip all', 'queue-pause', 'job-name'];
  expect('and comes to everything that can be used', wanted.every((one) => reached.has(one)), [...reached].join(', '));
  await page.keyboard.press('a');
  expect('a opens the dialog to add videos', await page.locator('#add').isVisible());
  await page.keyboard.press('Escape');
}

async function check_phone(browser) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, colorScheme: 'dark' });
  const page = await context.newPage();
  listen(page);
  await sign_in(page);
  await until('a phone shows the queue', () => row(page, names.first).isVisible());
  expect('in its width', await fits(page));
  const right = await page.evaluate(() => Math.max(...[...document.querySelectorAll('#filters .chip')].map((chip) => chip.getBoundingClientRect().right)));
  expect('with every count in sight', right <= 360, right);
  await page.screenshot({ path: `${pictures}/phone-queue.png` });
  await page.click('#to-machine');
  await until('and the machine', () => page.locator('#workers').isVisible());
  expect('in its width too', await fits(page));
  await page.screenshot({ path: `${pictures}/phone-machine.png` });
  await page.click('#to-queue');
  await row(page, names.first).locator('.job-name').tap();
  await until('and a job', async () => /event/.test(await page.textContent('#list-title')));
  await until('with its video', () => page.locator('#video').isVisible());
  expect('in its width as well', await fits(page));
  await page.screenshot({ path: `${pictures}/phone-job.png`, fullPage: true });
  const small = await page.evaluate(() => [...document.querySelectorAll('button, a')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 15).map((e) => e.outerHTML.slice(0, 100)));
  expect('nothing is too small to be touched', !small.length, small.join('\n'));
  await context.close();
}

async function check_sign_out(page) {
  await page.click('#sign-out');
  await until('signing out asks for the token again', () => page.locator('#sign-in').isVisible());
  const status = await page.evaluate(() => fetch('/v1/session').then((answer) => answer.status));
  expect('and ends the session', status === 401, status);
}

(async () => {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: arguments_of_chromium });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(20_000);
  listen(page);
  try {
    await check_sign_in(page);
    await check_upload_and_progress(page);
    await check_viewer(page);
    await check_queue(page);
    await check_keyboard(page);
    await check_phone(browser);
    await check_sign_out(page);
  } catch (error) {
    await page.screenshot({ path: `${pictures}/failure.png` }).catch(() => {});
    expect('the check comes to its end', false, error.stack);
  }
  await browser.close();
  console.log(failures.length ? `${failures.length} failed` : 'everything is there');
  process.exit(failures.length ? 1 : 0);
})();
