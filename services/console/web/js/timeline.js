/* What happened, newest first, one plain sentence each. Corrections are new entries; nothing is taken away. Pure. */
import { html, icon, sil } from './dom.js';
import * as fmt from './fmt.js';
import { conceal, hidden, mask, personName, zone } from './me.js';

export const KINDS = [
  ['', 'Time line'],
  ['decisions', 'Decisions'],
  ['contact', 'Payer contact'],
  ['documents', 'Documents'],
  ['clocks', 'Clocks'],
  ['system', 'System'],
];

const SERVICES = /^(policy:.*|intake|chart|requirements|documents|submission|claims|status)$/;

function ring(e) {
  if (e.type === 'note.add') return icon('phone');
  if (e.type === 'submission.started') return icon('send');
  if (e.kind === 'system' && (e.tone === 'go' || e.tone === 'off')) return icon('gear');
  if (e.kind === 'documents' && e.tone === 'clear') return icon('doc');
  return sil(e.tone || 'off');
}

/** "2026-11-24" -> "Today, Tue Nov 24" */
function dayName(day, today) {
  const d = fmt.daysBetween(day, today);
  return `${d === 0 ? 'Today, ' : d === 1 ? 'Yesterday, ' : ''}${fmt.date(day, { thisYear: today.slice(0, 4) })}`;
}

function entry(e) {
  const actor = e.actor && !SERVICES.test(e.actor) ? personName(e.actor) : '';
  const line = e.line && !/^line \d/i.test(e.text) ? `Line ${e.line}: ` : '';
  const said = e.type === 'note.add';
  return html`<li><time datetime="${e.at}">${fmt.clockTime(Date.parse(e.at), zone())}</time><span class="ring">${ring(e)}</span>
    <div><div><b>${line}</b>${mask(e.text)}${actor ? html` <span class="dim">· ${actor}</span>` : ''}</div>
      ${e.detail ? html`<div class="sub">${said ? `“${conceal(e.detail)}”` : mask(e.detail)}</div>` : ''}</div>
    <div class="seq"><span>#${e.seq}</span>${e.evidence && !SERVICES.test(e.evidence) ? html`<span class="chip id" title="${hidden() ? '' : e.evidence}">${icon('doc', 's')}<span class="ell">${conceal(fmt.cut(e.evidence))}</span></span>` : ''}</div>
      </li>`;
}

export function timeline(rows, now) {
  if (!rows.length) return html`<p class="note">Nothing of this kind has happened yet.</p>`;
  const today = fmt.dayOf(now, zone()),
    days = new Map();
  for (const e of rows) {
    const d = fmt.dayOf(Date.parse(e.at), zone());
    days.set(d, [...(days.get(d) ?? []), e]);
  }
  return html`<div class="tl">${[...days].map(
    ([d, list]) => html`<h3>${dayName(d, today)}</h3><ol>
    ${list.map(entry)}</ol>`,
  )}</div>`;
}
