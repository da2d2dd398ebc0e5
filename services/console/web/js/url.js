/* The address is the state: place, filters, what is looked at. Short, sorted, many values joined by commas. */

let listener = () => {};
export function onChange(fn) {
  listener = fn;
}

export function parse(location = window.location) {
  const params = {};
  for (const [k, v] of new URLSearchParams(location.search)) if (v) params[k] = v;
  const [place = '', id = ''] = location.pathname.split('/').filter(Boolean);
  return { place: place || 'work', id, params, hash: location.hash.slice(1) };
}

/** Canonical text of a place with parameters; empty ones are left out. */
export function format(place, id = '', params = {}, hash = '') {
  const keys = Object.keys(params)
    .filter((k) => params[k] !== '' && params[k] !== null && params[k] !== undefined)
    .sort();
  const q = keys.map((k) => `${encodeURIComponent(k)}=${encodeURIComponent(params[k]).replace(/%2C/g, ',')}`).join('&');
  return `/${place}${id ? `/${id}` : ''}${q ? `?${q}` : ''}${hash ? `#${hash}` : ''}`;
}

export function go(href, state = {}) {
  if (href === window.location.pathname + window.location.search + window.location.hash) return;
  history.pushState(state, '', href);
  listener(false);
}
export function replace(href, state = history.state) {
  history.replaceState(state, '', href);
}
/** What must survive going away and back: the focused row, the scroll. */
export function remember(state) {
  history.replaceState({ ...history.state, ...state }, '');
}
export function start() {
  window.addEventListener('popstate', () => listener(true));
  document.addEventListener('click', (e) => {
    const a = e.target.closest?.('a[href]');
    if (
      !a ||
      e.defaultPrevented ||
      e.button ||
      e.ctrlKey ||
      e.metaKey ||
      e.shiftKey ||
      a.target ||
      !a.getAttribute('href').startsWith('/')
    )
      return;
    if (a.hasAttribute('data-plain')) return;
    e.preventDefault();
    go(a.getAttribute('href'));
  });
}

const B32 = '0123456789abcdefghjkmnpqrstvwxyz';
/** UUID text as 26 characters of base32, as ids stand in addresses. */
export function short(uuid) {
  if (!uuid) return '';
  let n = BigInt(`0x${uuid.replace(/-/g, '')}`),
    out = '';
  for (let i = 0; i < 26; i++) {
    out = B32[Number(n & 31n)] + out;
    n >>= 5n;
  }
  return out;
}
export function long(text) {
  if (!/^[0-9a-hjkmnp-tv-z]{26}$/.test(text)) return text;
  let n = 0n;
  for (const c of text) n = (n << 5n) | BigInt(B32.indexOf(c));
  const h = n.toString(16).padStart(32, '0');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}
