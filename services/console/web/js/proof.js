/* Why: which rule decided one line, where it stands, since when it holds. */
import { $, element, html, icon } from './dom.js';
import { get } from './api.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import { zone } from './me.js';

function words(l) {
  const fact = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const since = l.source_date ? fmt.date(l.source_date, { weekday: false, thisYear: '0' }) : '';
  return html`<p>${l.rule_text || l.reason || 'The rule has no text.'}</p>
    <dl class="facts">
      ${fact('Rule', html`<span class="id">${l.rule || 'none'}</span>`)}
      ${fact('Source', html`${l.source || 'not named'} <span class="dim">${since}</span>`)}
      ${l.valid_until ? fact('Holds until', fmt.date(l.valid_until)) : ''}
      ${l.since ? fact('Decided', fmt.when(l.since, zone(), live.now())) : ''}
    </dl>
    <p class="sub id">${l.proof}</p>
    ${l.info_needed?.length ? html`<p>Needed to decide: ${l.info_needed.join(', ')}</p>` : ''}`;
}

/** A dialog with the proof of a line of the case. */
export async function proof(c, line) {
  let rows = [],
    fault = null;
  try {
    rows = (await get(`cases/${c.id}/requirements`)).lines;
  } catch (e) {
    fault = e;
  }
  const l = rows.find((x) => x.line === line),
    word = c.lines.find((x) => x.line === line)?.coverage.word;
  const none = html`<p>No determination of this line is kept.</p>`;
  const d = element(html`<dialog aria-labelledby="proof-t">
    <header>
      <h2 id="proof-t">Why line ${line}: ${word}</h2>
      <button class="btn icon quiet" data-close aria-label="Close">${icon('x')}</button>
    </header>
    <div class="body">${fault ? html`<p>${fault.message}. ${fault.detail}</p>` : l ? words(l) : none}</div></dialog>`);
  $('#root').append(d);
  d.addEventListener('close', () => d.remove());
  d.addEventListener('click', (e) => {
    if (e.target === d || e.target.closest('[data-close]')) d.close();
  });
  d.showModal();
}
