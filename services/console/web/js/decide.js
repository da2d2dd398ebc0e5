/* Acts on a case, a line, a document or a claim. They cannot be undone, so they wait ten seconds and can be stopped. */
import { html } from './dom.js';
import { note } from './acts.js';
import { ask, choice, field, text } from './form.js';
import { may } from './me.js';
import * as undo from './undo.js';

const quiet = () => {};
const lineChoice = (c, n, only = () => true) =>
  field(
    'line',
    'Line',
    choice(
      'line',
      c.lines
        .filter((l) => l.state === 'active' && only(l))
        .map((l) => [String(l.line), `${l.line}: ${l.code} ${l.text}`]),
      String(n ?? ''),
    ),
  );
/** held: what is said while it can be stopped; said: once it is done. */
const base = (c, type, args, held, said) => undo.run({ type, targets: [{ id: c.id }], args, held, said }).catch(quiet);
const allowed = (type) =>
  may(type) || (undo.say(`Your role may not do this (${type}). Your lead grants roles.`, 'none'), false);

export function recordDecision(c, line) {
  if (!allowed('decision.record')) return;
  ask({
    title: `Record the payer’s decision · ${c.case_no}`,
    label: 'Record',
    note: 'Goes after 10 s; can be stopped.',
    body: html`<div class="two">${lineChoice(c, line)}${field(
      'outcome',
      'Decision',
      choice(
        'outcome',
        [
          ['approved', 'Approved'],
          ['partial', 'Approved in part'],
          ['modified', 'Approved with changes'],
          ['denied', 'Denied'],
          ['pended', 'Pended'],
          ['cancelled', 'Cancelled'],
          ['not_required', 'Not required'],
        ],
        '',
        true,
      ),
    )}</div>
      <div class="two">
        ${field('authorization', 'Authorization number', text('authorization', { max: 50 }))}${field('units', 'Units', text('units', { max: 12 }))}</div>
      <div class="two">
        ${field('valid_from', 'Valid from', text('valid_from', { type: 'date' }))}${field('valid_until', 'Valid until', text('valid_until', { type: 'date' }))}</div>
      ${field('reason', 'Reason the payer gave', text('reason', { max: 400 }))}${field('evidence', 'Evidence: letter, call reference, portal confirmation', text('evidence', { max: 120, required: true }))}`,
    submit: (d) => {
      const yes = ['approved', 'partial', 'modified'].includes(d.outcome);
      if (yes && !d.authorization.trim()) return { authorization: 'An approval has a number' };
      if (d.valid_from && d.valid_until && d.valid_from > d.valid_until)
        return { valid_until: 'Lies before the first day' };
      if (d.units && !/^\d{1,9}(\.\d{1,6})?$/.test(d.units)) return { units: 'A number' };
      const args = Object.fromEntries(Object.entries(d).filter(([, v]) => v.trim()));
      base(
        c,
        'decision.record',
        { ...args, line: Number(d.line) },
        `Recording “${d.outcome.replace('_', ' ')}” for line ${d.line}`,
        `Recorded “${d.outcome.replace('_', ' ')}” for line ${d.line}`,
      );
      return null;
    },
  });
}
export function acceptDecision(c, line) {
  if (!allowed('decision.accept')) return;
  const open = (l) => ['partial', 'modified'].includes(l.authorization.state) && !l.authorization.accepted;
  const l = c.lines.find((x) => x.line === line) ?? c.lines.find(open);
  if (!l) {
    undo.say('No line waits to be accepted.', 'none');
    return;
  }
  ask({
    title: `Accept what was approved · ${c.case_no}`,
    label: 'Accept',
    note: 'Goes after 10 s; can be stopped.',
    body: html`${lineChoice(c, l.line, open)}<p>${l.authorization.fact ?? ''}</p>
      <p class="sub">The visit then counts as ready for what was approved.</p>`,
    submit: (d) => {
      base(c, 'decision.accept', { line: Number(d.line) }, `Accepting line ${d.line}`, `Line ${d.line} is accepted`);
    },
  });
}
export function settleItem(c, item, line) {
  if (!allowed('item.settle')) return;
  const i = c.checklist.items.find((x) => x.item === item && x.line === line);
  if (!i) return;
  const ways = [
    ['accept', 'Accept'],
    ['reject', 'Reject'],
    ['request', 'Ask for it'],
    ['waive', 'Waive'],
  ].filter(([k]) => k === 'request' || k === 'waive' || i.state === 'received' || i.document_id);
  ask({
    title: `${i.title} · ${c.case_no}`,
    label: 'Settle',
    note: 'Goes after 10 s; can be stopped.',
    body: html`<p>Now: ${i.state}${i.reason ? `. ${i.reason}` : ''}</p>${field('action', 'What to do', choice('action', ways, ways[0][0], true))}${field('reason', 'Reason', text('reason', { max: 200 }), 'Needed to reject or waive')}`,
    submit: (d) => {
      if ((d.action === 'reject' || d.action === 'waive') && !d.reason.trim()) return { reason: 'Say why' };
      base(
        c,
        'item.settle',
        { item, line, action: d.action, ...(d.reason.trim() ? { reason: d.reason.trim() } : {}) },
        `${i.title}: ${d.action}`,
        `${i.title}: done`,
      );
      return null;
    },
  });
}
export function releasePacket(c) {
  if (!allowed('packet.release')) return;
  ask({
    title: `Send the request · ${c.case_no}`,
    label: 'Send',
    note: 'Goes after 10 s; can be stopped.',
    body: html`<p>The packet goes to ${c.facts.payer_name ?? 'the payer'}: ${c.checklist.done} of ${c.checklist.must} documents the payer wants.</p>${field(
      'action',
      'What to do',
      choice(
        'action',
        [
          ['release', 'Release it'],
          ['withhold', 'Hold it back'],
        ],
        'release',
        true,
      ),
    )}${field('reason', 'Reason', text('reason', { max: 200 }), 'Needed to hold it back')}`,
    submit: (d) => {
      if (d.action === 'withhold' && !d.reason.trim()) return { reason: 'Say why' };
      base(
        c,
        'packet.release',
        { action: d.action, ...(d.reason.trim() ? { reason: d.reason.trim() } : {}) },
        ...(d.action === 'release'
          ? ['Sending the request', 'The request was sent on its way']
          : ['Holding the packet back', 'The packet is held back']),
      );
      return null;
    },
  });
}
function withReason(c, type, title, label, words, required, extra = '', args = () => ({})) {
  if (!allowed(type)) return;
  ask({
    title: `${title} · ${c.case_no ?? c.claim_no}`,
    label,
    note: 'Goes after 10 s; can be stopped.',
    danger: type === 'line.drop' || type === 'request.cancel' || type === 'claim.write-off',
    body: html`${extra}${field('reason', 'Reason', text('reason', { max: 200, required, autofocus: true }))}`,
    submit: (d) => {
      base(c, type, { ...args(d), ...(d.reason.trim() ? { reason: d.reason.trim() } : {}) }, ...words);
    },
  });
}
export const resend = (c) =>
  withReason(
    c,
    'request.resend',
    'Send again after the correction',
    'Send again',
    ['Sending the request again', 'The request was sent again'],
    false,
  );
/* More of what is granted: lines with an authorization that has a number. */
const granted = (l) =>
  ['approved', 'partial', 'modified'].includes(l.authorization.state) && Boolean(l.authorization.number);
export const extendable = (c) => c.lines.filter((l) => l.state === 'active' && granted(l));
export function extendRequest(c, line) {
  if (!allowed('request.extend')) return;
  ask({
    title: `Ask for an extension · ${c.case_no}`,
    label: 'Ask for it',
    note: 'Goes after 10 s; can be stopped.',
    body: html`<p>What is granted stays in force until the payer grants more.</p>${lineChoice(c, line ?? extendable(c)[0]?.line, granted)}
      <div class="two">
        ${field('until', 'New last day', text('until', { type: 'date' }))}${field('quantity', 'Units in all', text('quantity', { max: 12 }), 'With those granted so far')}</div>
      ${field('reason', 'Reason', text('reason', { max: 200, required: true }))}`,
    submit: (d) => {
      const quantity = d.quantity.trim();
      if (!d.until && !quantity) return { until: 'A day, or units' };
      if (quantity && !/^\d{1,9}(\.\d{1,6})?$/.test(quantity)) return { quantity: 'A number' };
      base(
        c,
        'request.extend',
        {
          lines: [Number(d.line)],
          ...(d.until ? { until: d.until } : {}),
          ...(quantity ? { quantity } : {}),
          reason: d.reason.trim(),
        },
        'Asking for an extension',
        'The extension was asked for',
      );
      return null;
    },
  });
}
export const cancelRequest = (c) =>
  withReason(
    c,
    'request.cancel',
    'Take the request back at the payer',
    'Take back',
    ['Taking the request back', 'The request was taken back'],
    true,
  );
export const dropLine = (c, line) =>
  withReason(
    c,
    'line.drop',
    'Drop a line',
    'Drop the line',
    ['Dropping the line', 'The line was dropped'],
    true,
    lineChoice(c, line),
    (d) => ({ line: Number(d.line) }),
  );
export const settleMerge = (c) =>
  withReason(
    c,
    'merge.settle',
    'The case stands after the merge',
    'It stands',
    ['Settling the review', 'The case stands as it is'],
    true,
    html`<p>The patient was merged into another record. New coverages and appointments go there: if they matter to this case, order again there and drop its lines.</p>`,
  );
export const releaseClaim = (m) =>
  withReason(
    { ...m, id: m.claim_id },
    'claim.release',
    'Release the claim as it is',
    'Release anyway',
    [`Releasing ${m.claim_no}`, `${m.claim_no} was released`],
    true,
  );
export const appealClaim = (m) =>
  withReason(
    { ...m, id: m.claim_id },
    'claim.appeal',
    'The denial was appealed',
    'Keep the appeal',
    [`Keeping the appeal of ${m.claim_no}`, `${m.claim_no} is kept as appealed`],
    true,
  );
export const writeOffClaim = (m) =>
  withReason(
    { ...m, id: m.claim_id },
    'claim.write-off',
    'Write the claim off',
    'Write off',
    [`Writing ${m.claim_no} off`, `${m.claim_no} was written off`],
    true,
  );
export function decideRequirement(c, line) {
  if (!allowed('requirement.decide')) return;
  ask({
    title: `Is authorization needed? · ${c.case_no}`,
    label: 'Decide',
    note: 'Goes after 10 s; can be stopped.',
    body: html`${lineChoice(c, line)}${field(
      'coverage',
      'Answer',
      choice(
        'coverage',
        [
          ['required', 'Authorization is required'],
          ['not_required', 'It is not required'],
          ['not_covered', 'The service is not covered'],
        ],
        '',
        true,
      ),
    )}${field('evidence', 'Evidence: who said so, where it stands', text('evidence', { max: 300, required: true }))}`,
    submit: (d) => {
      base(
        c,
        'requirement.decide',
        { line: Number(d.line), coverage: d.coverage, evidence: d.evidence.trim() },
        `Deciding line ${d.line}`,
        `Line ${d.line} is decided`,
      );
    },
  });
}
export function mapCode(c, line) {
  if (!allowed('line.map-code')) return;
  ask({
    title: `Which code is it? · ${c.case_no}`,
    label: 'Use this code',
    note: 'Goes after 10 s; can be stopped.',
    body: html`${field(
      'line',
      'Line',
      choice(
        'line',
        c.lines
          .filter((l) => l.state === 'active')
          .map((l) => [String(l.line), `${l.line}: ${l.local || l.code} ${l.text}`]),
        String(line ?? ''),
      ),
    )}${field('code', 'CPT or HCPCS code', text('code', { max: 5, required: true, autofocus: true }), 'For this line only; the code map is changed elsewhere.')}`,
    submit: (d) => {
      if (!/^[0-9A-Z][0-9]{3}[0-9A-Z]$/.test(d.code.trim().toUpperCase()))
        return { code: 'Five characters, e.g. 72148 or J1745' };
      base(
        c,
        'line.map-code',
        { line: Number(d.line), code: d.code.trim().toUpperCase() },
        `Line ${d.line} becomes ${d.code.toUpperCase()}`,
        `Line ${d.line} is ${d.code.toUpperCase()}`,
      );
      return null;
    },
  });
}

/** The act that answers a task, or the next step: [words, function], or null when it is not done here. */
export function answer(c) {
  const t = c.tasks.find((x) => x.task_id === c.next.task && x.state !== 'settled'),
    line = t?.line || undefined;
  const held = c.claims.find((m) => m.state === 'held'),
    refused = c.claims.find((m) => ['denied', 'reduced', 'rejected'].includes(m.outcome));
  const by = {
    map_code: ['Name the code', () => mapCode(c, line)],
    decide_requirement: ['Decide', () => decideRequirement(c, line)],
    review_packet: ['Review and send', () => releasePacket(c)],
    submit_by_hand: ['Record the decision', () => recordDecision(c, line)],
    correct_resend: ['Send again', () => resend(c)],
    payer_contact: ['Record the decision', () => recordDecision(c, line)],
    decision_unclear: ['Record the decision', () => recordDecision(c, line)],
    denied: ['Record or drop', () => (may('decision.record') ? recordDecision(c, line) : dropLine(c, line))],
    accept_partial: ['Accept', () => acceptDecision(c, line)],
    get_document: ['Settle a document', () => firstItem(c)],
    merge_review: may('merge.settle') ? ['It stands', () => settleMerge(c)] : null,
    claim_hold: held ? ['Open the claim', null, `/claims/${held.claim_id}`] : null,
    claim_denied: refused ? ['Open the claim', null, `/claims/${refused.claim_id}`] : null,
    claim_rejected: refused ? ['Open the claim', null, `/claims/${refused.claim_id}`] : null,
    visit_window: ['Log a call', () => note({ id: c.id, case_no: c.case_no, payer: c.facts.payer }, 'call')],
  };
  if (t) return by[t.kind] ?? null;
  if (c.next.kind === 'send') return ['Send the request', () => releasePacket(c)];
  if (c.next.kind === 'info') return ['Settle a document', () => firstItem(c)];
  return null;
}
function firstItem(c) {
  const i = c.checklist.items.find((x) => x.state !== 'accepted' && x.state !== 'waived');
  if (i) settleItem(c, i.item, i.line);
  else undo.say('Every document is settled.', 'none');
}
