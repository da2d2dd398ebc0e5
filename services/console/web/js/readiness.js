/* Is this visit ready? Sites by days, and the visits of the chosen site and day, worst first. */
import { $, html, render, sil, tag } from './dom.js';
import { latest } from './api.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';
import * as url from './url.js';

const DAYS = 8,
  REREAD_MS = 1500;
const COLOURS = {
  green: ['clear', 'Ready'],
  amber: ['act', 'Not yet'],
  red: ['stop', 'Blocked'],
  grey: ['none', 'Unknown'],
};
const s = {
  el: null,
  route: null,
  matrix: null,
  list: null,
  fault: null,
  listFault: null,
  timer: 0,
  stop: null,
  focus: '',
};
const askMatrix = latest(),
  askList = latest();

const today = () => fmt.dayOf(live.now(), me.zone());
const from = () => s.route.params.from || today();
const plusDays = (day, n) => new Date(Date.parse(`${day}T00:00:00Z`) + n * fmt.DAY).toISOString().slice(0, 10);

async function load(person = true) {
  const p = s.route.params;
  const one = async (fn, keep) => {
    try {
      await fn();
    } catch (e) {
      if (e.name !== 'AbortError') keep(e);
    }
  };
  await Promise.all([
    one(
      async () => {
        s.matrix = await askMatrix('readiness/matrix', { from: from(), days: DAYS }, { person });
        s.fault = null;
      },
      (e) => (s.fault = e),
    ),
    one(
      async () => {
        s.list = await askList(
          'readiness/appointments',
          { site: p.site, day: p.day, colour: p.colour, limit: 200 },
          { person },
        );
        s.listFault = null;
      },
      (e) => (s.listFault = e),
    ),
  ]);
  draw();
  shell.refresh();
}
function onLive(m) {
  if (m.type === 'row' || m.type === 'gone' || m.type === 'gap')
    s.timer ||= setTimeout(() => {
      s.timer = 0;
      load(false);
    }, REREAD_MS);
}

function cell(site, day) {
  const p = s.route.params,
    c = s.matrix.cells.find((x) => x.site === site && x.day === day),
    on = p.site === site && p.day === day;
  if (!c)
    return html`<td><a href="${url.format('readiness', '', { ...p, site, day })}"${on ? html` aria-current="true"` : ''}><span class="dim">–</span></a>
      </td>`;
  const [tone, word] = COLOURS[c.worst] ?? COLOURS.grey;
  const order = ['green', 'amber', 'red', 'grey'].filter((k) => c.counts[k]);
  const label = `${me.siteName(site)}, ${fmt.date(day)}: ${c.ready} of ${c.total} ready${c.worst === 'green' ? '' : `, ${c.counts[c.worst]} ${word.toLowerCase()}`}`;
  return html`<td><a href="${url.format('readiness', '', { ...p, site, day })}" aria-label="${label}"${on ? html` aria-current="true"` : ''}>
    <div class="top-line"><span><b>${c.ready}</b><span class="dim">/${c.total}</span></span><span class="${tone === 'stop' ? 'over' : ''}">${sil(tone, 's')}${c.worst === 'green' ? '' : c.counts[c.worst]}</span>
    </div>
    <div class="stack" aria-hidden="true">
      ${order.map((k) => Array.from({ length: c.counts[k] }, () => html`<i class="${COLOURS[k][0]} fill"></i>`))}</div></a>
      </td>`;
}

function matrix() {
  if (s.fault) return shell.failure(s.fault);
  if (!s.matrix) return html`<p class="dim">Reading</p>`;
  const days = Array.from({ length: DAYS }, (_, i) => plusDays(from(), i)),
    t = today();
  const sites = s.matrix.sites.length ? s.matrix.sites : Object.keys(me.me.site_names);
  const name = (d) => {
    const n = fmt.daysBetween(t, d);
    return n === 0 ? 'today' : n === 1 ? 'tomorrow' : n < 0 ? `${-n} d ago` : `${n} days`;
  };
  return html`<table class="matrix"><caption class="sr">Visits that are ready, by site and day</caption><thead><tr>
    <th width="14%"><span class="sr">Site</span>
    </th>${days.map((d) => html`<th scope="col">${fmt.date(d)}<span class="sub">${name(d)}</span></th>`)}</tr></thead>
    <tbody>${sites.map(
      (x) => html`<tr>
      <th scope="row">${me.siteName(x)}</th>${days.map((d) => cell(x, d))}</tr>`,
    )}</tbody></table>`;
}

function row(v) {
  const who = v.case_id ? `/case/${url.short(v.case_id)}` : '',
    svc = fmt.service(v.what);
  const inner = html`<span>${fmt.date(v.date)}<span class="b">${v.start ? fmt.clockTime(Date.parse(v.start), v.zone) : 'no time'}</span></span>
    <span>${tag(v.tone, v.word)}</span>
    <span class="id"><b>${me.patientName(v.patient)}</b></span>
    <span><span class="ell blk">${svc.text}</span><span class="b id">${svc.code}${v.lines > 1 ? ` · ${v.lines} lines` : ''}</span></span>
    <span>${me.payerName(v.payer, v.payer_name)}<span class="b">${me.siteName(v.site)}</span></span>
    <span class="clamp" title="${v.why ?? ''}">${v.why || 'Everything is settled'}</span>
    <span>
      <span class="ell blk" title="${v.next_step ?? ''}">${v.next_step ?? ''}</span>
      <span class="b">${v.owner ? me.personName(v.owner) : ''}</span>
    </span>`;
  return who
    ? html`<a class="rrow" href="${who}" id="v-${v.visit_id}">${inner}</a>`
    : html`<div class="rrow" id="v-${v.visit_id}">${inner}</div>`;
}

function list() {
  const p = s.route.params;
  if (s.listFault) return shell.failure(s.listFault);
  if (!s.list) return '';
  const rows = s.list.rows,
    n = (k) => rows.filter((r) => r.colour === k).length;
  const where = [p.site ? me.siteName(p.site) : 'All sites', p.day ? fmt.date(p.day) : 'from today on'].join(', ');
  return html`<div class="head2">
    <h2>${where}</h2><span class="dim">${fmt.plural(s.list.total, 'appointment')}${rows.length ? ` · ${n('green')} ready · ${n('amber')} not yet · ${n('red')} blocked · ${n('grey')} unknown` : ''}</span><span class="dim right">Worst first, then time</span>
    </div>
    ${
      rows.length
        ? html`<div>
      <div class="rhead"><span>Time</span><span>Ready?</span><span>Patient</span><span>Service</span><span>Payer, site</span><span>Why</span><span>Next step</span>
      </div>${rows.map(row)}</div>`
        : html`<div class="note"><h2>No appointment</h2>
      <p>${p.site || p.day || p.colour ? html`<a href="/readiness">All sites and days</a>` : 'None is booked from today on.'}</p>
      </div>`
    }`;
}

function draw() {
  if (!s.el) return;
  const p = s.route.params;
  const at = (change) => url.format('readiness', '', { ...p, ...change });
  const on = (name, text, param) => html`<a class="pill on" href="${at({ [param]: '' })}">${name} <b>${text}</b> ×</a>`;
  const pills = html`${p.site ? on('Site', me.siteName(p.site), 'site') : html`<span class="pill">Site <b>All ${Object.keys(me.me.site_names).length}</b></span>`}
    ${p.day ? on('Day', fmt.date(p.day), 'day') : ''}
    ${p.colour ? on('Ready?', COLOURS[p.colour]?.[1] ?? p.colour, 'colour') : ''}
    <a class="pill" href="${at({ from: plusDays(from(), -DAYS) })}">‹ earlier</a>
    <a class="pill" href="${at({ from: plusDays(from(), DAYS) })}">later ›</a>
    <span class="gap"></span>
    ${Object.values(COLOURS).map(([t, w]) => html`<span class="live">${sil(t, 's')}${w}</span>`)}`;
  if (!$('.board', s.el))
    render(
      s.el,
      html`<div class="filters"></div><div class="board"><div class="m"></div><div class="l"></div>
      </div>`,
    );
  render($('.filters', s.el), pills);
  render($('.m', s.el), matrix());
  render($('.l', s.el), list());
}

function moveCell(dx, dy) {
  const cells = [...s.el.querySelectorAll('table.matrix td a')],
    i = cells.indexOf(document.activeElement);
  const at =
    i < 0
      ? Math.max(
          0,
          cells.findIndex((c) => c.hasAttribute('aria-current')),
        )
      : Math.max(0, Math.min(cells.length - 1, i + dx + dy * DAYS));
  cells[at]?.focus();
}

export const readiness = {
  place: 'readiness',
  railPlace: 'readiness',
  hints: [
    ['← →', 'day'],
    ['↑ ↓', 'site'],
    ['Enter', 'choose, open case'],
    ['T', 'today'],
    ['?', 'all keys'],
  ],
  keys: [
    { key: 'ArrowLeft', text: 'day before', run: () => moveCell(-1, 0) },
    { key: 'ArrowRight', text: 'next day', run: () => moveCell(1, 0) },
    { key: 'ArrowUp', text: 'site above', run: () => moveCell(0, -1) },
    { key: 'ArrowDown', text: 'site below', run: () => moveCell(0, 1) },
    { key: 'J', text: 'next appointment', run: () => stepRow(1) },
    { key: 'K', text: 'appointment before', run: () => stepRow(-1) },
    {
      key: 'T',
      text: 'today',
      run: () => url.go(url.format('readiness', '', { day: today(), site: s.route.params.site })),
    },
    { key: 'R', text: 'read again', run: () => load() },
    { key: 'P', text: 'print', run: () => window.print() },
  ],
  views() {
    const c = shell.theCounts(),
      p = s.route?.params ?? {};
    const v = (name, colour, n, bad) => ({
      name,
      href: url.format('readiness', '', colour ? { colour } : {}),
      current: (p.colour ?? '') === colour,
      n,
      bad,
    });
    return {
      title: 'Saved views',
      list: [
        v('All appointments', '', undefined),
        v('Blocked', 'red', c?.visits.red ?? 0, true),
        v('Not yet', 'amber', c?.visits.amber ?? 0),
        v('Unknown', 'grey', c?.visits.grey ?? 0),
        v('Ready', 'green', c?.visits.green ?? 0),
      ],
    };
  },
  top() {
    const n = s.matrix?.cells.reduce((a, c) => a + c.total, 0);
    return {
      title: 'Readiness by site and day',
      count: n === undefined ? '' : `${DAYS} days · ${fmt.plural(n, 'appointment')}`,
    };
  },
  mount(el, route) {
    s.el = el;
    s.route = route;
    el.onclick = (e) => {
      if (e.target.closest('[data-retry]')) load();
    };
    el.onchange = el.ondblclick = null;
    s.stop = live.listen(onLive);
    draw();
    load();
  },
  update(route) {
    s.route = route;
    draw();
    load();
  },
  unmount() {
    s.stop?.();
    clearTimeout(s.timer);
    s.timer = 0;
    s.el = null;
  },
  draw,
  tick() {},
  escape() {},
};
function stepRow(by) {
  const rows = [...s.el.querySelectorAll('a.rrow')],
    i = rows.indexOf(document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, i < 0 ? 0 : i + by))]?.focus();
}
