/* What changed, while it changes; and the clock of the played day. */
import { scriptUrl } from './dom.js';

const listeners = new Set();
let live = false,
  frozen = false,
  base = { virtual: Date.now(), real: Date.now(), speed: 1 },
  since = 0;
let waiting = [];

export const now = () => base.virtual + (Date.now() - base.real) * base.speed;
export const isLive = () => live;
export const isFrozen = () => frozen;
export const quietSince = () => since || now();
export function setClock(iso, speed) {
  base = { virtual: Date.parse(iso), real: Date.now(), speed: speed ?? 1 };
}

/** fn({type: 'row'|'gone'|'gap'|'state'|'command', data}); returns how to stop. */
export function listen(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}
function tell(m) {
  for (const fn of listeners) fn(m);
}

export function freeze(on) {
  frozen = on;
  if (!on) {
    const w = waiting;
    waiting = [];
    w.forEach(tell);
  }
  tell({ type: 'state' });
}

function take(m) {
  if (m.type === 'state') {
    if (m.hello) base = { virtual: Date.parse(m.hello.now), real: m.hello.at, speed: m.hello.speed };
    if (live && !m.live) since = now();
    live = m.live;
    tell({ type: 'state' });
    return;
  }
  if (frozen && m.type !== 'command') waiting.push(m);
  else tell(m);
}

export function start() {
  if (!globalThis.SharedWorker) {
    alone();
    return;
  }
  const worker = new SharedWorker(scriptUrl(import.meta.resolve('./live-worker.js')), { name: 'priorpath-live' });
  worker.port.onmessage = (e) => take(e.data);
  worker.port.start();
  window.addEventListener('pagehide', () => worker.port.postMessage('leave'));
  window.addEventListener('pageshow', (e) => {
    if (e.persisted) location.reload();
  });
}

/* A browser without shared workers: a stream for this tab. */
function alone() {
  const s = new EventSource('/api/v1/stream');
  s.addEventListener('hello', (e) => {
    const hello = JSON.parse(e.data);
    take({ type: 'state', live: hello.live, hello: { ...hello, at: Date.now() } });
  });
  for (const type of ['row', 'gone', 'command'])
    s.addEventListener(type, (e) => take({ type, data: JSON.parse(e.data) }));
  s.addEventListener('gap', () => take({ type: 'gap' }));
  s.onerror = () => take({ type: 'state', live: false });
}
