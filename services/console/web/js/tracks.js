/* Three answers per line, side by side: coverage, documentation, authorization, and whether the visit may go ahead.
 * Words and tones come from the status service; nothing is concluded here. Pure. */
import { html, tag } from './dom.js';
import * as fmt from './fmt.js';
import { hidden, mask, siteName } from './me.js';

const SEGMENTS_MAX = 12;

/** Steps done, the one we are at, those ahead; hatched when the axis does not apply. */
export function segments(steps, done, tone) {
  if (tone === 'off')
    return html`<div class="segs" aria-hidden="true">
      ${Array.from({ length: Math.max(2, Math.min(steps, SEGMENTS_MAX)) }, () => html`<i class="off"></i>`)}</div>`;
  const n = Math.min(Math.max(steps, 1), SEGMENTS_MAX),
    d = Math.round((Math.min(done, steps) / Math.max(steps, 1)) * n);
  const kind = (i) => {
    if (i < d) return i === d - 1 && d === n && tone === 'stop' ? 'stop' : 'clear';
    return i === d && tone !== 'clear' ? (tone === 'go' ? 'wait' : tone) : '';
  };
  return html`<div class="segs" aria-hidden="true">
    ${Array.from({ length: n }, (_, i) => html`<i class="${kind(i)}"></i>`)}</div>`;
}

export function coverageCell(l) {
  const c = l.coverage,
    known = c.tone === 'clear' || c.tone === 'go';
  const fact = c.current ? c.rule || c.fact : c.fact || 'The case has changed since';
  return html`${tag(c.tone, c.word)}${segments(2, known ? 2 : c.current ? 1 : 0, known ? 'clear' : c.tone)}
    <div class="fact">
      ${fact ? html`<span class="id">${fact}</span>` : ''}${c.proof ? html`${fact ? ' · ' : ''}<button class="link" data-proof="${l.line}">proof</button>` : ''}</div>`;
}

export function documentsCell(l) {
  const d = l.documentation,
    open = /open: (.+)$/.exec(d.fact ?? '')?.[1];
  const word = d.steps && d.done === d.steps && d.tone === 'clear' ? `${d.done} of ${d.steps} accepted` : d.word;
  return html`${tag(d.tone, word)}${segments(d.steps || 3, d.done ?? 0, d.tone)}<div class="fact">
    ${open ? `${d.done} of ${d.steps}; open: ${open}` : d.steps ? '' : d.tone === 'off' ? 'The payer wants none' : ''}</div>`;
}

export function authorizationFact(l) {
  const a = l.authorization,
    dates =
      a.valid_from || a.valid_until
        ? `${fmt.date(a.valid_from, { weekday: false })} – ${fmt.date(a.valid_until, { weekday: false })}`
        : '';
  if (a.number) return html`<span class="id">${hidden() ? '••' : a.number}</span>${dates ? ` · ${dates}` : ''}`;
  return (
    mask(a.reason) ||
    (a.reference ? html`Reference <span class="id">${hidden() ? '••' : a.reference}</span>` : mask(a.fact ?? ''))
  );
}
export function authorizationWord(l) {
  const a = l.authorization,
    g = l.ledger;
  const partly = (a.state === 'partial' || a.state === 'modified') && g.authorized && g.authorized !== g.needed;
  return partly ? `Approved ${g.authorized} of ${fmt.units(g.needed, g.unit_type)}` : a.word;
}
export function authorizationCell(l) {
  const a = l.authorization;
  return html`${tag(a.tone, authorizationWord(l))}${segments(a.steps || 4, a.done ?? 0, a.tone)}<div class="fact">
    ${authorizationFact(l)}</div>`;
}

/** The visit that a line waits for: the next booked one. */
export function nextVisit(c) {
  return c.visits.find((v) => v.state === 'booked' && v.colour) ?? c.visits.find((v) => v.state === 'booked');
}
/** Why, for one line: reasons name their line when there are several. */
function readyCell(c, l) {
  const v = nextVisit(c);
  if (l.state !== 'active') return html`<span class="sub">Not wanted any more</span>`;
  if (!v) return html`<span class="sub">No visit booked</span>`;
  const list = (v.reasons ?? '').split('; ').filter(Boolean);
  const mine =
    list.find((r) => new RegExp(`\\bline ${l.line}\\b`, 'i').test(r)) ?? (c.lines.length === 1 ? list[0] : '');
  return html`${tag(v.tone || 'none', v.word || 'Unknown')}<div class="fact ready-why">
    ${mine || (c.lines.length > 1 ? 'Whole visit' : '')}</div>`;
}

export function lineHead(l, c) {
  const v = nextVisit(c);
  const bits = [l.code, fmt.units(l.units, l.unit_type), (l.diagnoses ?? []).join(', ')].filter(Boolean);
  const date = l.service_date ? fmt.date(l.service_date) : v?.date ? fmt.date(v.date) : 'No date';
  return html`<b>${l.text || l.local || 'No service named'}</b><div class="sub id">
    ${hidden() ? l.code : bits.join(' · ')}${l.modifiers ? ` · ${l.modifiers}` : ''}</div><div class="sub">
    ${date}${c.facts.site ? ` · ${siteName(v?.site || c.facts.site)}` : ''}</div>`;
}

/** The table of a case; `here` is the line that is looked at. */
export function linesTable(c, here) {
  return html`<table class="lines">
    <caption class="sr">Lines of the case: coverage, documentation and authorization of each</caption>
    <thead><tr><th scope="col" width="21%">Line</th><th scope="col" width="17%">Coverage</th>
      <th scope="col" width="22%">Documentation</th><th scope="col" width="25%">Authorization</th>
      <th scope="col" width="15%">Ready?</th></tr></thead>
    <tbody>${c.lines.map(
      (
        l,
      ) => html`<tr id="line-${l.line}" class="${l.line === here ? 'here' : ''}${l.state === 'active' ? '' : ' gone'}">
      <td>${lineHead(l, c)}</td><td>${coverageCell(l)}</td><td>${documentsCell(l)}</td><td>
      ${authorizationCell(l)}</td><td>${readyCell(c, l)}</td></tr>`,
    )}</tbody></table>`;
}

/** The same, narrow: for the peek. */
export function linesNarrow(c) {
  return html`${c.lines.map(
    (l) => html`<div class="line">${lineHead(l, c)}
    <div class="axis"><span class="sub">Coverage</span><span>${tag(l.coverage.tone, l.coverage.word)}</span><span class="sub">Documents</span><span>${tag(l.documentation.tone, l.documentation.word)}</span><span class="sub">Authorization</span><span>${tag(l.authorization.tone, authorizationWord(l))}</span>
    </div></div>`,
  )}`;
}
