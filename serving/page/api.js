// Asks the daemon. Every failure is a `refusal` with a sentence for people; a lost session is told to the page as well.

export class refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status; // 0: no answer
    this.code = code;
  }
}

// The refusal in an answer that is not what was asked for.
export function refusal_of(status, text) {
  if (status === 401) dispatchEvent(new Event('signed-out'));
  try {
    const { code, message } = JSON.parse(text).error;
    return new refusal(status, code, message);
  } catch {
    return new refusal(status, 'unknown', `The daemon answered with status ${status}.`);
  }
}

export async function ask(path, { method = 'GET', body, signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method, signal, credentials: 'same-origin', cache: 'no-store',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new refusal(0, 'unreachable', 'The daemon does not answer.');
  }
  const text = await answer.text();
  if (!answer.ok) throw refusal_of(answer.status, text);
  return text ? JSON.parse(text) : null;
}

// Whether it can do its work, and why not; it says so with status 503, which is an answer here.
export async function readiness() {
  const answer = await fetch('/ready', { credentials: 'same-origin', cache: 'no-store' });
  const text = await answer.text();
  if (answer.ok || answer.status === 503) {
    try {
      const { ready, reason } = JSON.parse(text);
      return { ready: Boolean(ready), reason: reason || '' };
    } catch { /* of something between us and the daemon */ }
  }
  throw refusal_of(answer.status, text);
}
