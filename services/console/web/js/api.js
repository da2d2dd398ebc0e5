/* Asking the console's gateway. Errors are problems (RFC 9457) in plain words. */

export class Problem extends Error {
  constructor(status, body) {
    super(body.title || 'Sorry, this did not work');
    this.status = status;
    this.detail = body.detail || '';
    this.pointer = body.pointer || '';
    this.trace = body.trace || body.request_id || '';
  }
}

let onSignedOut = () => {};
export function whenSignedOut(fn) {
  onSignedOut = fn;
}

async function ask(path, init) {
  let r;
  try {
    r = await fetch(`/api/v1/${path}`, { credentials: 'same-origin', ...init });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new Problem(0, {
      title: 'The console does not answer',
      detail: 'Your computer may be offline. What you typed is kept.',
    });
  }
  const text = await r.text();
  let body = {};
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    body = { title: 'The answer cannot be read' };
  }
  if (r.ok) return body;
  const p = new Problem(r.status, { trace: r.headers.get('X-Request-Id'), ...body });
  if (r.status === 401) onSignedOut();
  throw p;
}

/** person: a person caused it, so the session stays alive. */
export function get(path, params = {}, { signal, person = true } = {}) {
  const q = new URLSearchParams(
    Object.entries(params).filter(([, v]) => v !== '' && v !== null && v !== undefined),
  ).toString();
  return ask(q ? `${path}?${q}` : path, { signal, headers: person ? { 'PP-Person': '1' } : {} });
}
export function post(path, body) {
  return ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'PP-Request': '1' },
    body: JSON.stringify(body ?? {}),
  });
}

/** Runs questions of one kind so that the last one wins and the one before is dropped. */
export function latest() {
  let c = null;
  return async (path, params, opts) => {
    c?.abort();
    const mine = (c = new AbortController());
    const a = await get(path, params, { ...opts, signal: mine.signal });
    if (mine.signal.aborted) throw new DOMException('replaced', 'AbortError');
    return a;
  };
}
