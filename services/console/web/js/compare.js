/* Two values side by side, with what differs marked on both. Pure. */
import { html, sil } from './dom.js';
import { conceal } from './me.js';

/** Marks what differs on both sides: characters of codes and long numbers, whole words of everything else. */
export function differing(a, b) {
  if (a === b) return [a, b];
  const code = (t) => /^(?=.*\d)\S{5,}$/.test(t);
  const cut = code(a) && code(b) ? (t) => [...t] : (t) => t.split(/(\s+)/);
  const x = cut(a),
    y = cut(b);
  let i = 0,
    j = 0;
  while (i < x.length && i < y.length && x[i] === y[i]) i++;
  while (j < x.length - i && j < y.length - i && x[x.length - 1 - j] === y[y.length - 1 - j]) j++;
  const mark = (t) => {
    const middle = t.slice(i, t.length - j).join('');
    return html`${t.slice(0, i).join('')}${middle ? html`<mark>${middle}</mark>` : ''}${t.slice(t.length - j).join('')}`;
  };
  return [mark(x), mark(y)];
}

const REL = { ne: 'differs', missing: 'missing', equiv: '≈', eq: '=' };

function row(e) {
  const secret = e.code === 'member_id' || e.code === 'patient';
  const bad = e.relation === 'ne' || e.relation === 'missing';
  const [a, b] =
    bad && e.claim && e.auth && !secret
      ? differing(e.claim, e.auth)
      : [secret ? conceal(e.claim) : e.claim, secret ? conceal(e.auth) : e.auth];
  return html`<tr class="${e.relation}">
    <td><b>${e.label}</b>${e.claim_line ? html` <span class="dim">line ${e.claim_line}</span>` : ''}</td>
    <td><span class="val id">${a || html`<span class="dim">nothing</span>`}</span></td><td class="rel">
    ${bad ? sil('stop') : ''}${REL[e.relation] ?? e.relation}</td>
    <td><span class="val id">${b || html`<span class="dim">nothing</span>`}</span></td><td class="sub">
    ${e.hint ?? ''}${e.rule ? html` <span class="dim">rule ${e.rule}</span>` : ''}${bad && e.carc ? html` <span class="dim">CARC ${e.carc}</span>` : ''}</td>
    </tr>`;
}

/** One aligned table: what differs, what matches by the payer's own rule, what matches (folded). */
export function comparison(elements, all) {
  const of = (...r) => elements.filter((e) => r.includes(e.relation)),
    bad = of('ne', 'missing'),
    equiv = of('equiv'),
    eq = of('eq');
  const sect = (tone, text, more = '') =>
    html`<tr class="sect"><td colspan="5"><div class="in">
      ${sil(tone, 's')}<span>${text}</span><span class="sp"></span>${more}</div></td></tr>`;
  return html`<table class="compare"><thead><tr><th width="15%" scope="col">Element</th>
    <th width="25%" scope="col"><b>Claim</b> 837P</th><th width="10%" scope="col"><span class="sr">Relation</span>
    </th><th width="25%" scope="col"><b>Authorization</b></th><th width="25%" scope="col">How to fix</th></tr></thead>
    <tbody>${bad.map(row)}${equiv.length ? sect('go', `Matches by the payer’s own rule, ${equiv.length}`) : ''}${equiv.map(row)}${eq.length ? sect('clear', `Matches, ${eq.length}`, html`<button class="link" id="all-elements">${all ? 'fold' : 'show all'}</button>`) : ''}${(all ? eq : eq.slice(0, 2)).map(row)}</tbody>
      </table>`;
}
