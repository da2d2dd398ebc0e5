/* The right column of a case: clocks, authorizations, documents, visits, tasks, requests, claims. Pure. */
import { html, sil, tag } from './dom.js';
import * as fmt from './fmt.js';
import { conceal, hidden, may, payerZone, personName, siteName, zone } from './me.js';
import { short } from './url.js';

export function bar(share, tone) {
  const w = Math.round(Math.max(0, Math.min(1, share)) * 100);
  return html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="back" width="100" height="6"/><rect class="${tone}" width="${w}" height="6"/></svg>`;
}

function clockRow(k, c, now) {
  const z = k.whose === 'payer' ? payerZone(c.facts.payer) : k.zone || zone();
  const start = Date.parse(k.start),
    due = Date.parse(k.due),
    left = due - now,
    over = left < 0;
  const shade = over ? 'stop' : left < fmt.DAY ? 'act' : 'wait';
  return html`<div class="clock">
    <div class="pair"><span>${k.what}${k.whose === 'ours' ? html` <span class="dim">ours</span>` : ''}</span><b class="${over ? 'over' : left < fmt.DAY ? 'soon' : ''}">${over ? `${fmt.span(-left)} over` : fmt.span(left)}</b>
    </div>
    <div class="pair"><span>${fmt.when(k.due, z, now)}</span><span>${k.rule ?? ''}</span></div>
      ${bar(due > start ? (now - start) / (due - start) : 1, shade)}${k.after_visit && !over ? html`<div class="soon">Due after the visit</div>` : ''}</div>`;
}
export function clockRows(c, now) {
  const running = c.clocks.filter((k) => k.state === 'running' && k.due);
  return running.length ? running.map((k) => clockRow(k, c, now)) : html`<p class="sub">No clock runs.</p>`;
}

function authorizations(c) {
  const list = c.lines.filter((l) => l.authorization.number);
  if (!list.length) return '';
  return html`<section><h2>Authorizations</h2>${list.map((l) => {
    const g = l.ledger,
      a = l.authorization,
      auth = Number(g.authorized) || 0,
      used = Number(g.used) || 0,
      booked = Number(g.scheduled) || 0;
    const taken = Math.max(used, booked),
      short_ = auth > 0 && Number(g.needed) > auth;
    return html`<div class="auth">
      <div class="pair"><b class="id">${conceal(a.number)}</b><span class="dim id">${a.code || l.code}</span></div>
      <div class="pair sub"><span>${fmt.date(a.valid_from, { weekday: false })} – ${fmt.date(a.valid_until, { weekday: false })}</span><span>${fmt.units(g.authorized, g.unit_type)}</span>
        </div>${bar(auth ? taken / auth : 0, taken > auth ? 'stop' : 'accent')}
      <div class="sub">
        ${g.used || 0} used · ${g.scheduled || 0} booked · ${auth ? Math.max(0, auth - taken) : '?'} left${short_ ? html` · <span class="soon">${g.needed} needed</span>` : ''}</div>
        </div>`;
  })}</section>`;
}

const DOC = { accepted: 'clear', waived: 'off', received: 'act', requested: 'wait', rejected: 'act', missing: 'act' };
/* What is only wished for presses nobody. */
const tone = (i) => (i.must ? (DOC[i.state] ?? 'none') : DOC[i.state] === 'act' ? 'off' : DOC[i.state]);
function documents(c) {
  const k = c.checklist;
  if (!k.items.length) return html`<section><h2>Documents</h2><p class="sub">The payer wants none.</p></section>`;
  const settle = (i) =>
    may('item.settle') && i.state !== 'accepted' && i.state !== 'waived'
      ? html`<button class="link desk" data-item="${i.item}" data-line="${i.line}">settle</button>`
      : '';
  const one = (i) => html`<div class="doc">
      ${sil(tone(i), 's')}
      <span class="ell" title="${i.title}">
        ${i.title}${i.line && c.lines.length > 1 ? html` <span class="dim">line ${i.line}</span>` : ''}</span>
      <span class="sub ${tone(i) === 'act' ? 'soon' : ''}">${i.state}${i.must ? '' : ', wished'}</span>${settle(i)}</div>
    ${i.reason ? html`<p class="sub">${i.reason}</p>` : ''}`;
  const by = k.released_by ? `, ${/^policy:/.test(k.released_by) ? 'by policy' : personName(k.released_by)}` : '';
  const sent = k.released ? `Sent off ${fmt.when(k.released, zone(), Date.parse(c.as_of))}${by}` : '';
  return html`<section id="documents">
    <h2>Documents <span class="dim">${k.done} of ${k.must}</span></h2>
    ${k.items.map(one)}
    <p class="sub">${sent || (k.complete ? 'Complete, not yet released' : '')}</p></section>`;
}

function visits(c) {
  if (!c.visits.length) return html`<section><h2>Visit</h2><p class="sub">None is booked.</p></section>`;
  return html`<section><h2>${c.visits.length > 1 ? 'Visits' : 'Visit'}</h2>${c.visits.map(
    (v) => html`<div class="clock">
      <div class="pair"><span>${fmt.date(v.date)}${v.start ? `, ${fmt.clockTime(Date.parse(v.start), v.zone)}` : ''}</span>${v.colour ? tag(v.tone, v.word) : html`<span class="dim">${v.state.replace('_', ' ')}</span>`}</div>
    <div class="sub">${siteName(v.site)}${v.provider ? ` · ${v.provider}` : ''}</div>
      ${
        v.reasons
          ? html`<div class="sub">
      ${v.reasons}</div>`
          : ''
      }${
        v.next_step
          ? html`<div><a href="/readiness?day=${v.date}&amp;site=${v.site}">Readiness that day</a>
      </div>`
          : ''
      }</div>`,
  )}</section>`;
}

function tasks(c, now) {
  const open = c.tasks.filter((t) => t.state !== 'settled');
  if (!open.length) return '';
  return html`<section><h2>Open tasks <span class="dim">${open.length}</span></h2>${open.map((t) => {
    const d = fmt.due(t.due, zone(), now, t.overdue);
    return html`<div class="task"><div class="pair"><span>${t.reason}</span></div>
      <div class="pair sub"><span>${personName(t.assignee || `queue:${t.queue}`)}${t.state === 'snoozed' ? ' · snoozed' : ''}</span><span class="${d.tone}">${d.text}</span>
      </div></div>`;
  })}</section>`;
}

function requests(c, now) {
  if (!c.submissions.length) return '';
  return html`<section><h2>Requests to the payer</h2>${c.submissions.map(
    (s) => html`<div class="task">
    <div class="pair"><span>${s.kind} by ${s.channel}</span><span class="dim">${s.state}</span></div><div class="sub">
    ${fmt.when(s.started, zone(), now)} · <span class="id">${conceal(fmt.cut(s.trace))}</span></div>
    ${s.reason ? html`<div class="sub">${s.reason}</div>` : ''}</div>`,
  )}</section>`;
}

function claimsOf(c) {
  if (!c.claims.length) return '';
  return html`<section><h2>Claims</h2>${c.claims.map(
    (m) => html`<div class="task">
    <div class="pair"><a href="/claims/${short(m.claim_id)}" class="id">${hidden() ? '••' : m.claim_no}</a>${tag(m.state === 'held' ? 'act' : m.state === 'released' ? 'clear' : 'off', m.state === 'held' ? 'On hold' : m.state.replace('_', ' '))}</div>
    ${m.why ? html`<div class="sub">${m.why}${m.carc ? ` · CARC ${m.carc}` : ''}</div>` : ''}</div>`,
  )}</section>`;
}

export function side(c, now) {
  return html`<section><h2>Clocks</h2>${clockRows(c, now)}</section>
    ${authorizations(c)}${documents(c)}${visits(c)}${tasks(c, now)}${requests(c, now)}${claimsOf(c)}
    <p class="sub">An approval is not a promise of payment.</p>`;
}
