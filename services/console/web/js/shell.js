/* Rail, top bar, foot bar, and the screen between them. */
import { $, $$, html, render, icon, sil, kbd, key } from './dom.js';
import { get, post } from './api.js';
import * as fmt from './fmt.js';
import * as keys from './keys.js';
import * as live from './live.js';
import * as me from './me.js';
import { lock } from './lock.js';
import * as undo from './undo.js';
import * as url from './url.js';

const PLACES = [
  { place: 'work', icon: 'list', name: 'Work list', letter: 'W', n: (c) => c?.views.all },
  {
    place: 'readiness',
    icon: 'board',
    name: 'Readiness',
    letter: 'R',
    n: (c) => (c?.visits.red ?? 0) + (c?.visits.amber ?? 0) + (c?.visits.grey ?? 0),
  },
  { place: 'claims', icon: 'claim', name: 'Claim holds', letter: 'C', n: (c) => c?.claim_holds },
  {
    place: 'messages',
    icon: 'inbox',
    name: 'Unread messages',
    letter: 'U',
    roles: ['ops', 'lead', 'registration', 'audit'],
    n: () => '',
  },
];

let screen = null,
  route = null,
  counts = null,
  countsTimer = 0,
  found = null;
const screens = {};

export function register(list) {
  for (const s of list) screens[s.place] = s;
}
export const theCounts = () => counts;
export const theRoute = () => route;

const LAYOUT = html`<a class="skip" href="#screen" data-plain>Skip to the list</a>
<div class="app">
  <nav class="rail" aria-label="Places">
    <a class="brand" href="/work">${icon('logo', 'l')}<span class="label">PriorPath</span></a>
    <form class="find" role="search">${icon('search')}<input id="find" type="text" name="q" autocomplete="off" spellcheck="false" placeholder="Find order, case, claim" aria-label="Find an order, case or claim number"><kbd>/</kbd>
      <div id="found"></div></form>
    <div class="places"></div><div class="views"></div><div class="foot"></div>
  </nav>
  <div class="pane">
    <header class="top"></header><div id="stale"></div>
    <main class="screen" id="screen" tabindex="-1"></main>
    <footer class="foot-bar"><div class="said" role="status" aria-live="polite"></div><div class="hints"></div>
      </footer>
  </div>
</div>`;

const visiblePlaces = () => PLACES.filter((p) => !p.roles || p.roles.some((r) => me.me.roles.includes(r)));
function rail() {
  const place = (p) => {
    const n = p.n(counts);
    return html`<a
      href="/${p.place}" title="${p.name} (G ${p.letter})" ${p.place === screen?.railPlace ? html`aria-current="page"` : ''}>${icon(p.icon)}
      <span class="label">${p.name}</span><span class="n">${n === undefined || n === '' ? '' : fmt.count(n)}</span></a>`;
  };
  const view = (x) => html`<a href="${x.href}" ${x.current ? html`aria-current="true"` : ''}>${x.name}
    <span class="n ${x.bad && x.n ? 'bad' : ''}">${x.n === undefined ? '' : fmt.count(x.n)}</span></a>`;
  const v = screen?.views?.() ?? { title: '', list: [] },
    m = me.me,
    heard = live.isLive();
  render($('.places'), html`${visiblePlaces().map(place)}`);
  render($('.views'), v.list.length ? html`<h2>${v.title}</h2>${v.list.map(view)}` : '');
  render(
    $('.rail .foot'),
    html`<div class="health">${sil(heard ? 'clear' : 'none', 's')}<span>${heard ? 'Hearing all changes' : 'Not hearing changes'}</span></div>
      <div class="me">
        ${me.chip(m.id)}
        <div class="names"><b class="ell">${m.name}</b><span class="sub ell">${m.title}</span></div>
        <button class="btn icon quiet" id="theme" title="Light or dark" aria-label="Light or dark">${icon('theme')}</button>
        <button class="btn icon quiet" id="sign-out" title="Sign out" aria-label="Sign out">${icon('out')}</button>
      </div>`,
  );
}

function liveState() {
  const t = fmt.clockTime(live.now(), me.zone());
  if (live.isFrozen())
    return html`<span class="live frozen"><i class="dot"></i>Frozen <span class="dim">${t}</span></span>`;
  return html`<span class="live ${live.isLive() ? '' : 'off'}"><i class="dot"></i>${live.isLive() ? 'Live' : 'Not live'} <span class="dim">${t}</span></span>`;
}

function top() {
  if (!$('.app')) return;
  const t = screen?.top?.() ?? { title: '' };
  render(
    $('.top'),
    html`${t.back ? html`<a class="btn icon quiet" href="${t.back}" id="back" aria-label="Back to the list" title="Back (U)">${icon('back')}</a>` : ''}
    <div class="grow"><h1>${t.title}</h1><span class="count">${t.count ?? ''}</span></div>
      ${t.acts ?? ''}${liveState()}
    <button class="btn icon quiet hide" id="hide" aria-pressed="${me.pref('hidden', false)}" title="Hide details (H)" aria-label="Hide details">${icon(me.pref('hidden', false) ? 'eyeoff' : 'eye')}</button>`,
  );
  render(
    $('#stale'),
    live.isLive()
      ? ''
      : html`<p class="banner">${sil('none')}Not live since ${fmt.clockTime(live.quietSince(), me.zone())}. Numbers may be old; what you do still works.</p>`,
  );
  document.title = `${t.tab ?? t.title} · PriorPath`;
}

function said() {
  if (!$('.app')) return;
  const s = undo.current();
  const left = s?.until ? Math.ceil((s.until - Date.now()) / 1000) : 0;
  if (!s || (Date.now() - s.at > 20000 && left <= 0)) {
    render($('.said'), '');
    return;
  }
  render(
    $('.said'),
    html`${sil(s.tone)}<span class="ell">${s.text}${s.stop && left > 0 ? html` in ${left} s` : ''}</span>${s.undo && left > 0 ? html`<button class="link" id="undo">${s.stop ? 'Stop' : 'Undo'}</button>${kbd('Z')}${s.stop ? '' : html`<span class="dim">${left} s</span>`}` : ''}`,
  );
}

/** Draws what is around the screen again. */
export function refresh() {
  if (!$('.app')) return;
  top();
  rail();
  render($('.hints'), html`${(screen?.hints ?? []).map(([k, text]) => key(k, text))}`);
  said();
}
undo.whenSaid(said);

async function loadCounts() {
  clearTimeout(countsTimer);
  countsTimer = setTimeout(loadCounts, 60000);
  try {
    counts = await get('views/counts', {}, { person: false });
  } catch {
    return;
  }
  refresh();
}
let countsSoon = 0;
function countsLater() {
  if (!countsSoon)
    countsSoon = setTimeout(() => {
      countsSoon = 0;
      loadCounts();
    }, 2500);
}

function show(back = false) {
  route = url.parse();
  const next = screens[route.place] ?? screens.work;
  if (next !== screen) {
    screen?.unmount?.();
    screen = next;
    const el = $('#screen');
    el.replaceChildren();
    el.markup = undefined;
    keys.setScreen(screen.keys ?? []);
    screen.mount(el, route, back);
  } else screen.update(route, back);
  refresh();
}

function hide() {
  me.setPref('hidden', !me.pref('hidden', false));
  screen?.draw?.();
  refresh();
}
function theme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  me.setPref('theme', dark ? 'light' : 'dark');
  document.documentElement.dataset.theme = me.pref('theme');
}

async function find(text) {
  if (!text.trim()) {
    render($('#found'), '');
    return;
  }
  try {
    found = await post('find', { text: text.trim() });
  } catch (e) {
    render($('#found'), html`<div class="found"><p>${e.message}</p></div>`);
    return;
  }
  const seen = new Set();
  const rows = found.rows
    .map((r) => ({ ...r, href: r.kind === 'claim' ? `/claims/${url.short(r.claim_id)}` : `/case/${url.short(r.id)}` }))
    .filter((r) => !seen.has(r.href) && seen.add(r.href));
  if (rows.length === 1) {
    url.go(rows[0].href);
    render($('#found'), '');
    $('#find').value = '';
    $('#find').blur();
    return;
  }
  render(
    $('#found'),
    html`<div class="found">
      ${rows.length ? rows.map((r) => html`<a href="${r.href}"><b>${r.case_no ?? r.claim_no}</b> ${r.headline ?? r.word ?? ''}</a>`) : html`<p>Nothing has this number. Numbers are matched whole: order, case (C-…) or claim.</p>`}</div>`,
  );
}

async function signOut() {
  try {
    await post('sign-out');
  } finally {
    location.assign('/');
  }
}

const shellKeys = () => [
  { key: '/', text: 'find', run: () => $('#find').focus() },
  { key: '?', text: 'all keys', run: () => keys.showMap() },
  ...visiblePlaces().map((p) => ({
    key: `G ${p.letter}`,
    text: `go to ${p.name.toLowerCase()}`,
    run: () => url.go(`/${p.place}`),
  })),
  { key: 'H', text: 'hide details', run: hide },
  { key: 'Shift+L', text: 'lock', run: lock },
  { key: 'Z', text: 'undo, stop', run: () => undo.undo() },
  {
    key: '.',
    text: 'freeze or resume live',
    run: () => {
      live.freeze(!live.isFrozen());
      refresh();
    },
  },
  {
    key: 'Escape',
    text: 'close',
    run: () => {
      render($('#found'), '');
      document.activeElement?.blur?.();
      screen?.escape?.();
    },
  },
];

export function start(root) {
  render(root, LAYOUT);
  keys.setShell(shellKeys());
  keys.start();
  url.onChange(show);
  url.start();
  live.listen((m) => {
    if (m.type === 'state') refresh();
    else if (m.type !== 'command') countsLater();
  });
  document.addEventListener('click', (e) => {
    const id = e.target.closest?.('button')?.id;
    if (id === 'undo') undo.undo();
    else if (id === 'hide') hide();
    else if (id === 'theme') theme();
    else if (id === 'sign-out') signOut();
    if ($('#found') && !e.target.closest?.('.find')) render($('#found'), '');
  });
  /* Shift+H held: a look at what is hidden. */
  const peek = (on) => (e) => {
    if (e.key === 'H' && e.shiftKey === true && !/INPUT|TEXTAREA/.test(e.target.tagName) && me.pref('hidden', false)) {
      me.setPeeking(on);
      screen?.draw?.();
    }
  };
  document.addEventListener('keydown', peek(true));
  document.addEventListener('keyup', (e) => {
    if (e.key === 'H' || e.key === 'h' || e.key === 'Shift') {
      if (me.pref('hidden', false)) {
        me.setPeeking(false);
        screen?.draw?.();
      }
    }
  });
  $('.find').addEventListener('submit', (e) => {
    e.preventDefault();
    find($('#find').value);
  });
  setInterval(said, 1000);
  setInterval(() => {
    if (document.visibilityState === 'visible') {
      top();
      screen?.tick?.();
    }
  }, 10000);
  loadCounts();
  show();
}

const sentence = (t) => (t ? `${t[0].toUpperCase()}${t.slice(1).replace(/\.$/, '')}.` : '');
/** What stands in place of a part that could not be read. */
export function failure(e) {
  if (e.status === 403)
    return html`<div class="note"><h2>Your role does not see this</h2>
      <p>${sentence(e.detail || 'Another role is needed')} Your lead grants roles.</p></div>`;
  if (e.status === 404)
    return html`<div class="note"><h2>There is no such thing</h2>
      <p>It may belong to another organization or site, or the address is wrong.</p></div>`;
  return html`<div class="note">
    <h2>${e.status === 0 || e.status >= 500 ? 'Sorry, this part has a problem' : e.message}</h2>
    <p>${sentence(e.message)} ${sentence(e.detail)} The rest goes on working.</p><p>
    <button class="btn" data-retry>Try again</button> ${e.trace ? html`<span class="sub id">Trace ${e.trace}</span>` : ''}</p>
    </div>`;
}
export const dialogOpen = () => $$('dialog[open]').length > 0;
