/* One stream for all tabs of a browser: HTTP/1.1 allows six connections to a host, so six tabs with a stream each would
 * freeze the console. */
const ports = new Set();
let source = null,
  state = { live: false, hello: null },
  timer = 0,
  wait = 2000,
  broken = false;

const tell = (m) => {
  for (const p of ports) p.postMessage(m);
};

function silent() {
  state = { ...state, live: false };
  tell({ type: 'state', ...state });
}

/* A heartbeat comes each 15 s; two of them missing means that nothing is heard. */
function beat() {
  clearTimeout(timer);
  timer = setTimeout(silent, 35000);
}

function open() {
  if (source || ports.size === 0) return;
  source = new EventSource('/api/v1/stream');
  source.addEventListener('hello', (e) => {
    const hello = JSON.parse(e.data);
    wait = 2000;
    beat();
    state = { live: hello.live, hello: { ...hello, at: Date.now() } };
    if (broken) tell({ type: 'gap' }); /* what was said meanwhile was not heard */
    broken = false;
    tell({ type: 'state', ...state });
  });
  for (const type of ['row', 'gone', 'command'])
    source.addEventListener(type, (e) => {
      beat();
      tell({ type, data: JSON.parse(e.data) });
    });
  source.addEventListener('gap', () => tell({ type: 'gap' }));
  source.addEventListener('bye', () => again());
  source.onerror = () => {
    if (source?.readyState === 2) again();
  };
}

/* From 2 s to 30 s, with some chance in it, so that not all come back at once. */
function again() {
  source?.close();
  source = null;
  silent();
  broken = true;
  setTimeout(open, wait * (0.7 + Math.random() * 0.6));
  wait = Math.min(wait * 2, 30000);
}

function join(port) {
  ports.add(port);
  port.onmessage = (e) => {
    if (e.data === 'leave') ports.delete(port);
    if (ports.size === 0) {
      source?.close();
      source = null;
      clearTimeout(timer);
    }
  };
  port.postMessage({ type: 'state', ...state });
  open();
}

self.onconnect = (e) => join(e.ports[0]);
