/* Rows of the work list: nine paired columns, the fact above, its context below. Pure: row in, markup out. */
import { html, tag, sil } from './dom.js';
import * as fmt from './fmt.js';
import { chip, hidden, patientAge, patientName, payerName, payerZone, personName, siteName, zone } from './me.js';

export const COLUMNS = [
  ['cb', '', ''],
  ['prio', 'Prio', ''],
  ['svc', 'Service date', 'visit'],
  ['pat', 'Patient', 'patient'],
  ['what', 'Service', ''],
  ['payer', 'Payer', 'payer'],
  ['st', 'Status', 'status'],
  ['ck', 'Clock', 'due'],
  ['next', 'Next step', ''],
  ['own', 'Owner', ''],
];
export const SORTS = {
  '': 'Priority',
  due: 'Due',
  visit: 'Visit',
  payer: 'Payer',
  patient: 'Patient',
  status: 'Status',
  since: 'Days in status',
};
const GROUPS = {
  past_due: ['stop', 'Past due'],
  due_today: ['act', 'Due today'],
  visit_soon: ['wait', 'Visit in 3 days or less, not ready'],
  rest: ['off', 'Rest'],
};
export function groupName(by, k) {
  if (!by || by === 'due') return GROUPS[k] ?? ['none', k];
  if (by === 'payer') return ['', k ? payerName(k) : 'No payer'];
  if (by === 'site') return ['', k ? siteName(k) : 'No site'];
  if (by === 'owner') return ['', k ? personName(k) : 'Nobody'];
  return ['', 'All'];
}

/** {text, tone, what} of the clock that counts. */
export function clock(row, now) {
  const c = row.clock;
  if (!c) return { text: '', tone: '', what: '' };
  const z = c.whose === 'payer' ? payerZone(row.payer) : c.zone || zone();
  const d = fmt.due(c.due, z, now, c.over);
  return { ...d, what: d.tone === 'over' ? `${c.what}, ${fmt.clockTime(Date.parse(c.due), z)}` : c.what };
}

export function serviceDate(s) {
  if (!s.date) return ['No visit booked', s.site ? siteName(s.site) : ''];
  const days = s.days === 0 ? 'today' : s.days < 0 ? `${-s.days} d ago` : `${s.days} d`;
  return [
    `${fmt.date(s.date)} · ${days}`,
    [s.start ? fmt.clockTime(Date.parse(s.start), s.zone, false) : '', siteName(s.site)].filter(Boolean).join(' · '),
  ];
}

export function owner(o) {
  if (o.user) return chip(o.user);
  if (!o.queue) return html`<span class="who empty" aria-hidden="true"></span>`;
  return html`<span class="who nobody" title="Nobody yet: ${personName(o.queue) || 'no queue'}">?</span>`;
}

const priorityTone = (n) => (n >= 75 ? 'stop' : n >= 40 ? 'act' : 'none');

export function rowMarkup(row, now, { selected, focused, left, compact }) {
  const svc = serviceDate(row.service),
    what = fmt.service(row.what.text),
    c = clock(row, now),
    n = Math.min(100, row.priority.n);
  const lines = row.what.lines > 1 ? plural(row.what.lines) : '';
  const days = row.status.days > 0 ? fmt.plural(row.status.days, 'day') : 'today';
  const late = c.tone === 'over';
  const cls = ['wrow', late && 'late', selected && 'sel', left && 'left', compact && 'compact']
    .filter(Boolean)
    .join(' ');
  const rect = (cl, w) => html`<rect class="${cl}" width="${w}" height="12"/>`;
  const prio = html`<svg viewBox="0 0 100 12" preserveAspectRatio="none" class="bar" aria-hidden="true">${rect('back', 100)}${rect(priorityTone(n), n)}</svg>`;
  return html`<div role="row" class="${cls}" id="r-${row.id}" data-id="${row.id}" tabindex="${focused ? 0 : -1}"
  aria-selected="${!!selected}"${focused ? html` aria-current="true"` : ''}>
<div role="gridcell" class="cb"><input type="checkbox" tabindex="-1" aria-label="Select ${row.case_no}"${selected ? html` checked` : ''}></div>
<div role="gridcell" class="prio"><b>${row.priority.n}</b>${prio}</div>
<div role="gridcell" class="svc"><div class="a">${svc[0]}</div><div class="b">${svc[1]}</div></div>
<div role="gridcell" class="pat"><div class="a s id">${patientName(row.patient)}</div><div class="b">
  ${patientAge(row.patient)}</div></div>
<div role="gridcell" class="what"><div class="a s">${what.text}</div>
  <div class="b"><span class="id">${what.code}</span>${what.code && lines ? ' · ' : ''}${lines}${row.urgency === 'routine' ? '' : html` · ${row.urgency}`}</div>
  </div>
<div role="gridcell" class="payer"><div class="a">${payerName(row.payer, row.payer_name) || 'No payer known'}</div>
  <div class="b">${fmt.lob(row.lob)}</div></div>
<div role="gridcell" class="st"><div class="a">${tag(row.status.tone, row.status.word)}</div><div class="b">
  ${days}${row.status.reference ? html` · <span class="id">${hidden() ? '••' : fmt.cut(row.status.reference)}</span>` : ''}</div>
  </div>
<div role="gridcell" class="ck"><div class="a ${c.tone}">${c.text}</div><div class="b">${c.what}</div></div>
<div role="gridcell" class="next"><div class="a s${row.next.text || left ? '' : ' idle'}">
  ${left || row.next.text || 'Nothing to do'}</div><div class="b">${left ? row.next.text : row.next.why}</div></div>
<div role="gridcell" class="own">${owner(row.owner)}<span>${fmt.ago(row.owner.last_at, now, zone())}</span></div>
  </div>`;
}
const plural = (n) => fmt.plural(n, 'line');

export function headMarkup(sort, all) {
  return html`<div role="row" class="whead">${COLUMNS.map(([cls, name, by]) => {
    if (cls === 'cb')
      return html`<div role="columnheader" class="cb"><input type="checkbox" id="all" aria-label="Select all that are shown"${all ? html` checked` : ''}>
        </div>`;
    const on = cls === 'prio' ? !sort : by && by === sort;
    const label =
      cls === 'prio' || by
        ? html`<button data-sort="${by}">${name}${on ? (cls === 'prio' ? ' ↓' : ' ↑') : ''}</button>`
        : name;
    return html`<div role="columnheader" class="${cls}"${on ? html` aria-sort="${cls === 'prio' ? 'descending' : 'ascending'}"` : ''}>
      ${label}</div>`;
  })}</div>`;
}

export function groupMarkup(by, k, n) {
  const [tone, name] = groupName(by, k);
  return html`<div role="row" class="ghead"><span role="gridcell">${tone ? sil(tone, 's') : ''}</span><b role="rowheader">${name}</b><span class="dim" role="gridcell">${n}</span>
    </div>`;
}
