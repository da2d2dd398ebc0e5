/* The work list: what do I do next, and why? Rows do not move under the user: cells change in place, what is new or has
 * left waits until it is asked for. */
import { $, html, render, patch, element, icon, kbd } from './dom.js';
import { latest } from './api.js';
import * as acts from './acts.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';
import * as undo from './undo.js';
import * as url from './url.js';
import { groupMarkup, headMarkup, rowMarkup, SORTS } from './list.js';
import { Peek } from './peek.js';
import { Selection } from './select.js';

const VIEWS = [
  ['needs-attention', 'Needs attention'], ['past-due', 'Past due'], ['today', 'Today’s work'], ['soon', 'Visit in 3 days or less'],
  ['payer-asked', 'Payer asked us'], ['expiring', 'Expiring in 14 days'], ['unassigned', 'Unassigned'], ['mine', 'My queue'], ['team', 'My team'], ['all', 'All open cases'],
];
const FILTERS = ['site', 'payer', 'urgency'];
const LIMIT = 200, REREAD_MS = 1200;

const s = {
  el: null, route: null, answer: null, shown: [], latest: null, left: new Map(), focus: '', sel: new Selection(), fault: null, loading: false, slow: false,
  peek: null, waiting: 0, dirty: false, timer: 0, stop: null, extra: 0,
};
const ask = latest();
const params = () => ({ view: 'needs-attention', ...s.route.params });
const order = () => s.shown.map((r) => r.id);
const focused = () => s.shown.find((r) => r.id === s.focus);

/* ---- reading ---- */

async function fetchList(person) {
  const p = params();
  const known = ['view', 'site', 'payer', 'owner', 'queue', 'urgency', 'group', 'sort'];
  const q = Object.fromEntries(known.filter((k) => p[k]).map((k) => [k, p[k]]));
  return ask('worklist', { ...q, limit: Math.min(500, LIMIT + s.extra) }, { person });
}

async function load({ keep = '', scroll = 0 } = {}) {
  s.loading = true;
  s.slow = false;
  const slow = setTimeout(() => { s.slow = true; draw(); }, 3000);
  const first = setTimeout(draw, 150);
  try {
    s.answer = await fetchList(true);
    s.fault = null;
    apply(keep);
    if (scroll) $('.grid', s.el).scrollTop = scroll;
  } catch (e) {
    if (e.name !== 'AbortError') { s.fault = e; s.shown = []; }
  } finally {
    clearTimeout(slow);
    clearTimeout(first);
    s.loading = false;
    draw();
    shell.refresh();
  }
}

/* Takes the newest answer as what is shown; the focused row keeps its height on the screen. */
function apply(keep = s.focus) {
  const grid = $('.grid', s.el), row = keep && document.getElementById(`r-${keep}`);
  const y = row ? row.getBoundingClientRect().top : 0;
  s.shown = (s.latest ?? s.answer).rows;
  s.answer = s.latest ?? s.answer;
  s.latest = null;
  s.left.clear();
  s.waiting = 0;
  s.sel.keep(order());
  if (!order().includes(s.focus)) s.focus = keep && order().includes(keep) ? keep : s.shown[0]?.id ?? '';
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
  try { a = await fetchList(false); } catch { return; }
  const there = new Map(a.rows.map((r) => [r.id, r]));
  const had = new Set(order());
  s.latest = a;
  s.shown = s.shown.map((r) => there.get(r.id) ?? r);
  s.left = new Map([...had].filter((id) => !there.has(id)).map((id) => [id, 'No longer in this view']));
  const place = new Map(s.shown.map((r, i) => [r.id, i]));
  let last = -1, moved = 0;
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
function onLive(m) {
  if (m.type !== 'row' && m.type !== 'gone' && m.type !== 'gap') return;
  s.dirty = true;
  if (!s.timer) s.timer = setTimeout(reread, REREAD_MS);
  s.peek?.hint(m);
}

/* ---- drawing ---- */

function pill(name, text, options, value) {
  const on = !!value;
  return html`<span class="pill ${on ? 'on' : ''}">${name} <b>${text}</b>${on && FILTERS.includes(name.toLowerCase()) ? html` <span aria-hidden="true">×</span>` : ''}<select id="f-${name.toLowerCase()}" data-param="${name.toLowerCase()}" aria-label="${name}">${options.map(([v, t]) => html`<option value="${v}"${v === (value ?? '') ? html` selected` : ''}>${t}</option>`)}</select></span>`;
}

function filters() {
  const p = params(), sites = Object.entries(me.me.site_names), payers = Object.entries(me.me.payers);
  const pick = (list, v, all) => (!v ? all : v.includes(',') ? `${v.split(',').length} chosen` : list.find(([k]) => k === v)?.[1] ?? v);
  const siteList = sites.map(([k, x]) => [k, x.name]), payerList = payers.map(([k, x]) => [k, x.name]);
  const urgencies = [['routine', 'Routine'], ['urgent', 'Urgent'], ['emergency', 'Emergency']];
  const groups = [['', 'Due'], ['payer', 'Payer'], ['owner', 'Owner'], ['site', 'Site'], ['none', 'None']];
  const odd = Object.keys(s.route.params).filter((k) => !['view', 'site', 'payer', 'owner', 'queue', 'urgency', 'group', 'sort'].includes(k));
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
  if (on.length) return html`<div class="note"><h2>No case matches</h2><p>Drop a filter:</p><ul>${on.map((k) => html`<li><button class="btn" data-drop="${k}">${k}: ${p[k]} ×</button></li>`)}</ul></div>`;
  const name = VIEWS.find(([k]) => k === p.view)?.[1] ?? p.view;
  return html`<div class="note"><h2>${p.view === 'all' ? 'No open case' : `Nothing in “${name}”`}</h2><p>${p.view === 'all' ? 'Cases open by themselves when an order arrives.' : html`<a href="/work?view=all">All open cases: ${fmt.count(shell.theCounts()?.views.all)}</a>`}</p></div>`;
}

const rowState = (r) => ({ selected: s.sel.has(r.id), focused: r.id === s.focus, left: s.left.get(r.id), compact: me.pref('density') === 'compact' });

/* Rows by key: a row whose markup did not change is not touched. */
function drawRows(flash) {
  const body = $('.rows', s.el), now = live.now(), by = params().group ?? '';
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
  while (at) { const next = at.nextElementSibling; at.remove(); at = next; }
}

function draw(flash = false) {
  if (!s.el) return;
  if (!$('.grid', s.el)) render(s.el, html`<div class="filters"></div><div class="sel"></div><div class="split"><div class="grid" role="grid" aria-label="Cases" aria-multiselectable="true"><div class="head" role="rowgroup"></div><div class="rows" role="rowgroup"></div><div class="tail"></div></div><div class="aside"></div></div>`);
  render($('.filters', s.el), filters());
  const n = s.sel.size;
  render($('.sel', s.el), n ? html`<div class="selbar"><b>${n} selected</b> <button class="btn" data-act="assign">Assign ${kbd('A')}</button><button class="btn" data-act="snooze">Snooze ${kbd('S')}</button><button class="btn quiet" data-act="clear">Clear</button>${n > 25 ? html`<span class="over">At most 25 at once</span>` : ''}</div>` : '');
  render($('.head', s.el), headMarkup(params().sort ?? '', n > 0 && n === s.shown.length));
  const tail = $('.tail', s.el);
  if (s.fault) render(tail, shell.failure(s.fault));
  else if (s.loading && !s.shown.length) render(tail, html`<div class="note"><p>${s.slow ? 'Slow today. Waiting for the status service.' : 'Reading the list'}</p></div>`);
  else if (!s.shown.length && s.answer) render(tail, empty());
  else render(tail, s.answer && s.answer.total > s.shown.length ? html`<div class="note"><button class="btn" id="more">Show more</button> <span class="dim">${fmt.count(s.shown.length)} of ${fmt.count(s.answer.total)} shown</span></div>` : '');
  drawRows(flash);
  s.peek?.draw();
}

/* ---- moving ---- */

function focus(id, { scroll = true } = {}) {
  if (!id || id === s.focus) return;
  const was = s.focus;
  s.focus = id;
  for (const x of [was, id]) {
    const r = s.shown.find((y) => y.id === x), el = r && document.getElementById(`r-${x}`);
    if (el) { const fresh = patch(el, rowMarkup(r, live.now(), rowState(r))); fresh.dataset.key = x; }
  }
  const el = document.getElementById(`r-${id}`);
  el?.focus({ preventScroll: true });
  if (scroll) el?.scrollIntoView({ block: 'nearest' });
  s.peek?.show(id);
}
function move(by, extend) {
  const list = order(), i = list.indexOf(s.focus), next = list[Math.max(0, Math.min(list.length - 1, i + by))];
  if (extend) { s.sel.extend(s.focus, list); s.sel.extend(next, list); }
  focus(next);
  if (extend) draw();
}
function open(state = {}) {
  const r = focused();
  if (!r) return;
  url.remember({ focus: s.focus, scroll: $('.grid', s.el).scrollTop });
  url.go(`/case/${url.short(r.id)}`, state);
}
function set(change) {
  const p = { ...s.route.params, ...change };
  url.go(url.format('work', '', p));
}
const chosen = () => (s.sel.size ? s.shown.filter((r) => s.sel.has(r.id)) : [focused()].filter(Boolean)).slice(0, 25);

function withTasks(what) {
  const rows = chosen(), able = rows.filter((r) => r.next.task);
  if (!able.length) undo.say(rows.length ? 'No open task here: it waits for somebody else.' : 'Choose a case first.', 'none');
  else what(able, rows.length - able.length);
}
function assign() {
  withTasks((rows, skipped) => acts.assign(rows.map((r) => ({ id: r.next.task, before: { assignee: r.owner.user ?? `queue:${r.owner.queue}` } })), { skipped, done: () => { s.sel.clear(); draw(); } }));
}
function assignMe() {
  withTasks((rows) => acts.assignTo(me.me.id, rows.map((r) => ({ id: r.next.task, before: { assignee: r.owner.user ?? `queue:${r.owner.queue}` } })), {}));
}
function snooze() {
  withTasks((rows, skipped) => acts.snooze(rows.map((r) => ({ id: r.next.task })), { skipped, done: () => { s.sel.clear(); draw(); } }));
}
function why() {
  const r = focused();
  if (!r) return;
  const terms = r.priority.reasons.map((x) => `${x.text} +${x.n}`).join(', ');
  undo.say(`Priority ${r.priority.n}: ${terms || 'nothing presses'}`, 'none');
}
function nextBest() {
  const best = [...s.shown].filter((r) => !s.left.has(r.id) && (!r.owner.user || r.owner.user === me.me.id)).sort((a, b) => b.priority.n - a.priority.n)[0];
  if (!best) { undo.say('No case is free for you in this view.', 'none'); return; }
  focus(best.id);
  open();
}
async function copy() {
  const r = focused(), text = r?.status.reference || r?.case_no;
  if (!text) return;
  await navigator.clipboard?.writeText(text);
  undo.say(`Copied ${r.status.reference ? 'the reference' : 'the case number'}`);
}
function log() {
  const r = focused();
  if (r) acts.note({ id: r.id, case_no: r.case_no, payer: r.payer }, 'call');
}
function peek() {
  if (s.peek) { s.peek.close(); s.peek = null; render($('.aside', s.el), ''); return; }
  if (!focused()) return;
  s.peek = new Peek($('.aside', s.el), () => { s.peek?.close(); s.peek = null; render($('.aside', s.el), ''); });
  s.peek.show(s.focus);
}
function refreshNow() { if (s.latest) apply(); else load({ keep: s.focus }); shell.refresh(); }

function onClick(e) {
  const t = e.target, row = t.closest('.wrow'), b = t.closest('button');
  if (t.id === 'all') { if (t.checked) s.sel.all(order().filter((id) => !s.left.has(id))); else s.sel.clear(); draw(); return; }
  if (b?.dataset.sort !== undefined) { set({ sort: b.dataset.sort }); return; }
  if (b?.dataset.drop) { set({ [b.dataset.drop]: '' }); return; }
  if (b?.id === 'apply') { refreshNow(); return; }
  if (b?.id === 'more') { s.extra = Math.min(300, s.extra + LIMIT); load({ keep: s.focus, scroll: $('.grid', s.el).scrollTop }); return; }
  if (b?.dataset.act) { ({ assign, snooze, clear: () => { s.sel.clear(); draw(); } })[b.dataset.act](); return; }
  if (b?.hasAttribute('data-retry')) { load(); return; }
  if (!row) return;
  if (t.closest('.cb')) { if (e.shiftKey) s.sel.extend(row.dataset.id, order()); else s.sel.toggle(row.dataset.id); draw(); return; }
  focus(row.dataset.id, { scroll: false });
  if (matchMedia('(max-width: 699px)').matches) open();
}

export const work = {
  place: 'work',
  railPlace: 'work',
  hints: [['J K', 'move'], ['Enter', 'open'], ['Space', 'peek'], ['X', 'select'], ['E', 'do next step'], ['A', 'assign'], ['W', 'why this priority'], ['?', 'all keys']],
  keys: [
    { key: 'J or ArrowDown', text: 'next row', run: () => move(1) }, { key: 'K or ArrowUp', text: 'row before', run: () => move(-1) },
    { key: 'Shift+J or Shift+ArrowDown', text: 'select downwards', run: () => move(1, true) }, { key: 'Shift+K or Shift+ArrowUp', text: 'select upwards', run: () => move(-1, true) },
    { key: 'Home', run: () => focus(order()[0]) }, { key: 'End', run: () => focus(order().at(-1)) },
    { key: 'Enter', text: 'open the case', run: () => open() }, { key: 'Space', text: 'peek', run: peek },
    { key: 'X', text: 'select', run: () => { if (focused()) s.sel.toggle(s.focus); draw(); } }, { key: 'Ctrl+A', text: 'select what is shown', run: () => { s.sel.all(order()); draw(); } },
    { key: 'E', text: 'do the next step', run: () => open({ do: 'next' }) }, { key: 'A', text: 'assign', run: assign }, { key: 'M', text: 'assign to me', run: assignMe },
    { key: 'S', text: 'snooze', run: snooze }, { key: 'L', text: 'log a call', run: log }, { key: 'W', text: 'why this priority', run: why }, { key: 'C', text: 'copy the reference', run: copy },
    { key: 'N', text: 'next best case', run: nextBest }, { key: 'R', text: 'show changes', run: refreshNow }, { key: 'F', text: 'filter', run: () => $('.filters select', s.el)?.focus() },
    { key: 'V', text: 'views', run: () => $('.views a')?.focus() }, { key: 'P', text: 'print', run: () => { document.querySelector('.pane').dataset.print = `${me.me.name}, ${fmt.when(new Date(live.now()).toISOString(), me.zone(), live.now())}`; window.print(); } },
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ key: String(n), text: n === 1 ? 'go to group 1 … 9' : '', run: () => { const g = [...new Set(s.shown.map((r) => r.group))][n - 1]; focus(s.shown.find((r) => r.group === g)?.id); } })),
  ],
  views() {
    const c = shell.theCounts(), p = s.route ? params() : {};
    return { title: 'Saved views', list: VIEWS.map(([k, name]) => ({ name, href: url.format('work', '', { view: k }), current: p.view === k, n: c?.views[k], bad: k === 'past-due' || k === 'unassigned' })) };
  },
  top() {
    const p = s.route ? params() : {}, name = VIEWS.find(([k]) => k === p.view)?.[1] ?? 'Work list';
    return {
      title: name, count: s.answer ? `${fmt.plural(s.answer.total, 'case')}${p.view === 'mine' ? ' · mine' : p.view === 'team' ? ' · my team' : ''}` : '',
      acts: html`<button class="btn main" id="next-best">${icon('bolt')}Next best case ${kbd('N')}</button>`,
    };
  },
  mount(el, route, back) {
    s.el = el;
    s.stop = live.listen(onLive);
    el.onclick = onClick;
    el.ondblclick = (e) => { if (e.target.closest('.wrow')) open(); };
    el.onchange = (e) => { if (e.target.dataset.param) set({ [e.target.dataset.param]: e.target.value }); };
    s.onTop = (e) => { if (e.target.closest?.('#next-best')) nextBest(); };
    document.addEventListener('click', s.onTop);
    const st = back ? history.state ?? {} : {};
    s.focus = st.focus ?? '';
    s.shown = [];
    s.answer = s.latest = null;
    s.route = route;
    draw();
    load({ keep: s.focus, scroll: st.scroll }).then(() => { if (!shell.dialogOpen()) document.getElementById(`r-${s.focus}`)?.focus({ preventScroll: true }); });
  },
  update(route) {
    s.route = route;
    s.extra = 0;
    s.latest = null;
    s.waiting = 0;
    load();
  },
  unmount() {
    s.stop?.();
    document.removeEventListener('click', s.onTop);
    s.peek?.close();
    s.peek = null;
    clearTimeout(s.timer);
    s.timer = 0;
    s.el = null;
  },
  draw() { draw(); },
  tick() { if (s.el) draw(); },
  escape() { if (s.peek) peek(); else if (s.sel.size) { s.sel.clear(); draw(); } },
  /** For a case that was opened from the list: the ids before and after it. */
  neighbours(id) {
    const list = order(), i = list.indexOf(id);
    return { at: i + 1, of: list.length, before: list[i - 1], after: list[i + 1], view: VIEWS.find(([k]) => s.route && k === params().view)?.[1] ?? '', href: s.route ? url.format('work', '', s.route.params) : '/work' };
  },
};
