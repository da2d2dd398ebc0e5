/* The list behind the work list's screen: what is shown, what waits, and how rows are put on the page. */
import { $, html, render, patch, element, kbd } from './dom.js';
import { latest } from './api.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';
import { groupMarkup, headMarkup, rowMarkup, SORTS } from './list.js';
import { Selection } from './select.js';

export const VIEWS = [
  ['needs-attention', 'Needs attention'],
  ['past-due', 'Past due'],
  ['today', 'Today’s work'],
  ['soon', 'Visit in 3 days or less'],
  ['payer-asked', 'Payer asked us'],
  ['expiring', 'Expiring in 14 days'],
  ['unassigned', 'Unassigned'],
  ['mine', 'My queue'],
  ['team', 'My team'],
  ['all', 'All open cases'],
];
const FILTERS = ['site', 'payer', 'urgency'];
export const LIMIT = 200,
  REREAD_MS = 1200;

export const s = {
  el: null,
  route: null,
  answer: null,
  shown: [],
  latest: null,
  left: new Map(),
  focus: '',
  sel: new Selection(),
  fault: null,
  loading: false,
  slow: false,
  peek: null,
  waiting: 0,
  dirty: false,
  timer: 0,
  stop: null,
  extra: 0,
};
const ask = latest();
export const params = () => ({ view: 'needs-attention', ...s.route.params });
export const order = () => s.shown.map((r) => r.id);
export const focused = () => s.shown.find((r) => r.id === s.focus);

/* ---- reading ---- */

async function fetchList(person) {
  const p = params();
  const known = ['view', 'site', 'payer', 'owner', 'queue', 'urgency', 'group', 'sort'];
  const q = Object.fromEntries(known.filter((k) => p[k]).map((k) => [k, p[k]]));
  return ask('worklist', { ...q, limit: Math.min(500, LIMIT + s.extra) }, { person });
}

export async function load({ keep = '', scroll = 0 } = {}) {
  s.loading = true;
  s.slow = false;
  const slow = setTimeout(() => {
    s.slow = true;
    draw();
  }, 3000);
  const first = setTimeout(draw, 150);
  try {
    s.answer = await fetchList(true);
    s.fault = null;
    apply(keep);
    if (scroll) $('.grid', s.el).scrollTop = scroll;
  } catch (e) {
    if (e.name !== 'AbortError') {
      s.fault = e;
      s.shown = [];
    }
  } finally {
    clearTimeout(slow);
    clearTimeout(first);
    s.loading = false;
    draw();
    shell.refresh();
  }
}

/* Takes the newest answer as what is shown; the focused row keeps its height on the screen. */
export function apply(keep = s.focus) {
  const grid = $('.grid', s.el),
    row = keep && document.getElementById(`r-${keep}`);
  const y = row ? row.getBoundingClientRect().top : 0;
  s.shown = (s.latest ?? s.answer).rows;
  s.answer = s.latest ?? s.answer;
  s.latest = null;
  s.left.clear();
  s.waiting = 0;
  s.sel.keep(order());
  if (!order().includes(s.focus)) s.focus = keep && order().includes(keep) ? keep : (s.shown[0]?.id ?? '');
  draw();
  const now = keep && document.getElementById(`r-${keep}`);
  if (row && now && grid) grid.scrollTop += now.getBoundingClientRect().top - y;
}

/* The stream said that something changed: read again, change cells in place, count the rest. */
async function reread() {
  s.timer = 0;
  if (!s.dirty || s.loading || document.visibilityState === 'hidden') return;
  s.dirty = false;
  let a;
  try {
    a = await fetchList(false);
  } catch {
    return;
  }
  const there = new Map(a.rows.map((r) => [r.id, r]));
  const had = new Set(order());
  s.latest = a;
  s.shown = s.shown.map((r) => there.get(r.id) ?? r);
  s.left = new Map([...had].filter((id) => !there.has(id)).map((id) => [id, 'No longer in this view']));
  const place = new Map(s.shown.map((r, i) => [r.id, i]));
  let last = -1,
    moved = 0;
  for (const r of a.rows) {
    const i = place.get(r.id);
    if (i === undefined) continue;
    if (i < last) moved++;
    last = Math.max(last, i);
  }
  s.waiting = a.rows.filter((r) => !had.has(r.id)).length + s.left.size + moved;
  if (s.shown.length === 0) apply();
  else draw(true);
  shell.refresh();
}
export function onLive(m) {
  if (m.type !== 'row' && m.type !== 'gone' && m.type !== 'gap') return;
  s.dirty = true;
  if (!s.timer) s.timer = setTimeout(reread, REREAD_MS);
  s.peek?.hint(m);
}

/* ---- drawing ---- */

function pill(name, text, options, value) {
  const on = !!value;
  return html`<span class="pill ${on ? 'on' : ''}">${name} <b>${text}</b>${on && FILTERS.includes(name.toLowerCase()) ? html` <span aria-hidden="true">×</span>` : ''}
    <select id="f-${name.toLowerCase()}" data-param="${name.toLowerCase()}" aria-label="${name}">
    ${options.map(([v, t]) => html`<option value="${v}"${v === (value ?? '') ? html` selected` : ''}>${t}</option>`)}</select></span>`;
}

function filters() {
  const p = params(),
    sites = Object.entries(me.me.site_names),
    payers = Object.entries(me.me.payers);
  const pick = (list, v, all) =>
    !v ? all : v.includes(',') ? `${v.split(',').length} chosen` : (list.find(([k]) => k === v)?.[1] ?? v);
  const siteList = sites.map(([k, x]) => [k, x.name]),
    payerList = payers.map(([k, x]) => [k, x.name]);
  const urgencies = [
    ['routine', 'Routine'],
    ['urgent', 'Urgent'],
    ['emergency', 'Emergency'],
  ];
  const groups = [
    ['', 'Due'],
    ['payer', 'Payer'],
    ['owner', 'Owner'],
    ['site', 'Site'],
    ['none', 'None'],
  ];
  const odd = Object.keys(s.route.params).filter(
    (k) => !['view', 'site', 'payer', 'owner', 'queue', 'urgency', 'group', 'sort'].includes(k),
  );
  return html`${pill('Site', pick(siteList, p.site, `All ${sites.length}`), [['', 'All sites'], ...siteList], p.site)}
    ${pill('Payer', pick(payerList, p.payer, `All ${payers.length}`), [['', 'All payers'], ...payerList], p.payer)}
    ${pill('Urgency', pick(urgencies, p.urgency, 'Any'), [['', 'Any'], ...urgencies], p.urgency)}
    ${odd.map((k) => html`<span class="pill on">${k} <b>not understood</b></span>`)}<span class="gap"></span>
    ${s.waiting ? html`<button class="pill waiting" id="apply"><i class="dot"></i>${fmt.plural(s.waiting, 'change')} waiting · Show ${kbd('R')}</button>` : ''}
    ${pill('Group', groups.find(([k]) => k === (p.group ?? ''))?.[1] ?? p.group, groups, p.group)}
    ${pill('Sort', SORTS[p.sort ?? ''] ?? p.sort, Object.entries(SORTS), p.sort)}`;
}

function empty() {
  const p = params();
  const on = FILTERS.filter((k) => p[k]);
  if (on.length)
    return html`<div class="note"><h2>No case matches</h2><p>Drop a filter:</p><ul>${on.map(
      (k) => html`<li>
      <button class="btn" data-drop="${k}">${k}: ${p[k]} ×</button></li>`,
    )}</ul></div>`;
  const name = VIEWS.find(([k]) => k === p.view)?.[1] ?? p.view;
  return html`<div class="note"><h2>${p.view === 'all' ? 'No open case' : `Nothing in “${name}”`}</h2>
    <p>${p.view === 'all' ? 'Cases open by themselves when an order arrives.' : html`<a href="/work?view=all">All open cases: ${fmt.count(shell.theCounts()?.views.all)}</a>`}</p>
    </div>`;
}

export const rowState = (r) => ({
  selected: s.sel.has(r.id),
  focused: r.id === s.focus,
  left: s.left.get(r.id),
  compact: me.pref('density') === 'compact',
});

/* Rows by key: a row whose markup did not change is not touched. */
function drawRows(flash) {
  const body = $('.rows', s.el),
    now = live.now(),
    by = params().group ?? '';
  const groups = new Map();
  for (const r of s.shown) groups.set(r.group, [...(groups.get(r.group) ?? []), r]);
  const counts = Object.fromEntries((s.answer?.groups ?? []).map((g) => [g.key, g.count]));
  let at = body.firstElementChild;
  const place = (keyOf, markup, patchable) => {
    if (at && at.dataset.key === keyOf) {
      const el = patch(at, markup, patchable && flash);
      el.dataset.key = keyOf;
      at = el.nextElementSibling;
      return;
    }
    const old = patchable ? body.querySelector(`[data-key="${keyOf}"]`) : null;
    const el = old ? patch(old, markup) : element(markup);
    el.dataset.key = keyOf;
    el.markup = markup.text;
    body.insertBefore(el, at);
  };
  for (const [g, rows] of groups) {
    if (by !== 'none') place(`g:${g}`, groupMarkup(by, g, counts[g] ?? rows.length), false);
    for (const r of rows) place(r.id, rowMarkup(r, now, rowState(r)), true);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}

export function draw(flash = false) {
  if (!s.el) return;
  if (!$('.grid', s.el))
    render(
      s.el,
      html`<div class="filters"></div><div class="sel"></div><div class="split">
        <div class="grid" role="grid" aria-label="Cases" aria-multiselectable="true">
        <div class="head" role="rowgroup"></div><div class="rows" role="rowgroup"></div><div class="tail"></div></div>
        <div class="aside"></div></div>`,
    );
  render($('.filters', s.el), filters());
  const n = s.sel.size;
  render(
    $('.sel', s.el),
    n
      ? html`<div class="selbar"><b>${n} selected</b> <button class="btn" data-act="assign">Assign ${kbd('A')}</button>
        <button class="btn" data-act="snooze">Snooze ${kbd('S')}</button>
        <button class="btn quiet" data-act="clear">Clear</button>${n > 25 ? html`<span class="over">At most 25 at once</span>` : ''}</div>`
      : '',
  );
  render($('.head', s.el), headMarkup(params().sort ?? '', n > 0 && n === s.shown.length));
  const tail = $('.tail', s.el);
  if (s.fault) render(tail, shell.failure(s.fault));
  else if (s.loading && !s.shown.length)
    render(
      tail,
      html`<div class="note"><p>${s.slow ? 'Slow today. Waiting for the status service.' : 'Reading the list'}</p>
        </div>`,
    );
  else if (!s.shown.length && s.answer) render(tail, empty());
  else
    render(
      tail,
      s.answer && s.answer.total > s.shown.length
        ? html`<div class="note">
          <button class="btn" id="more">Show more</button> <span class="dim">${fmt.count(s.shown.length)} of ${fmt.count(s.answer.total)} shown</span>
          </div>`
        : '',
    );
  drawRows(flash);
  s.peek?.draw();
}
