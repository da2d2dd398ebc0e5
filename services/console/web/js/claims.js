/* Claim holds: what exactly differs, who can fix it, until when. */
import { $, html, render, sil, tag, kbd } from './dom.js';
import { latest } from './api.js';
import * as decide from './decide.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';
import * as undo from './undo.js';
import * as url from './url.js';
import { comparison } from './compare.js';

const REREAD_MS = 1200;
const REASONS = {
  patient: 'Patient differs',
  member_id: 'Member ID differs',
  payer_plan: 'Payer or plan differs',
  coverage_dates: 'Coverage had ended',
  auth_number: 'Authorization number differs',
  auth_status: 'Authorization not in force',
  code: 'Code differs',
  modifier: 'Modifier differs',
  dx: 'Diagnosis not on approval',
  provider: 'Provider differs',
  facility: 'Facility differs',
  pos: 'Place of service differs',
  date_before: 'Date before window',
  date_after: 'Date after window',
  units_exceeded: 'More units than approved',
  line_not_approved: 'Line not approved',
  duplicate_use: 'Used by another claim',
  expired: 'Authorization expired',
  wrong_coverage_order: 'Wrong order of coverages',
  doc_missing: 'Document missing',
  no_auth: 'No authorization found',
  requirement_unknown: 'Requirement not known',
};
const s = {
  el: null,
  route: null,
  list: null,
  one: null,
  head: null,
  fault: null,
  oneFault: null,
  all: false,
  timer: 0,
  stop: null,
  kept: null,
};
const askList = latest(),
  askOne = latest(),
  askHead = latest();
const id = () => url.long(s.route.id);
const reason = (k) => REASONS[k] ?? (k || '').replace(/_/g, ' ');

async function loadList(person) {
  const p = s.route.params;
  try {
    s.list = await askList(
      'claims/holds',
      { site: p.site, payer: p.payer, reason: p.reason, state: p.state, limit: 200 },
      { person },
    );
    s.fault = null;
  } catch (e) {
    if (e.name !== 'AbortError') s.fault = e;
  }
}
async function loadOne(person) {
  if (!s.route.id) {
    s.one = s.head = null;
    return;
  }
  try {
    [s.one, s.head] = await Promise.all([
      askOne(`claims/${id()}/comparison`, {}, { person }),
      askHead(`claims/${id()}`, {}, { person }),
    ]);
    s.oneFault = null;
  } catch (e) {
    if (e.name !== 'AbortError') s.oneFault = e;
  }
}
async function load(person = true) {
  await Promise.all([loadList(person), loadOne(person)]);
  if (!s.el) return;
  if (!s.route.id && s.list?.rows.length && !matchMedia('(max-width: 699px)').matches) {
    const href = url.format('claims', url.short(s.list.rows[0].claim_id), s.route.params);
    url.replace(href);
    s.route = url.parse();
    await loadOne(person);
  }
  draw();
  shell.refresh();
}
function onLive(m) {
  const claim = m.type === 'gap' || m.data?.kind === 'claim';
  if (claim)
    s.timer ||= setTimeout(() => {
      s.timer = 0;
      load(false);
    }, REREAD_MS);
}

function item(c) {
  const why = c.reasons?.length
    ? `${reason(c.reasons[0])}${c.reasons.length > 1 ? ` and ${c.reasons.length - 1} more` : ''}`
    : c.word;
  const age =
    c.age_days === null || c.age_days === undefined ? '' : c.age_days === 0 ? 'today' : fmt.plural(c.age_days, 'day');
  return html`<a href="${url.format('claims', url.short(c.claim_id), s.route.params)}"${c.claim_id === id() ? html` aria-current="true"` : ''}>
    <div class="r">${sil(c.state === 'held' ? (c.overdue ? 'stop' : 'act') : c.tone, 's')}<span class="ell">${why}</span><span>${fmt.money(c.total)}</span>
    </div><div class="sub id">${me.patientName(c.patient)} · ${me.conceal(c.claim_no)}</div><div class="sub">
    ${me.payerName(c.payer, c.payer_name)}${age ? ` · ${age}` : ''}</div></a>`;
}

const ACTS = {
  correct_claim: [
    'Correct the claim',
    'Billing corrects and sends it again; the check runs by itself. It is done in the billing system.',
    null,
  ],
  ask_payer: [
    'Ask the payer',
    'A change, an extension, or a retrospective authorization, where the payer takes one.',
    null,
  ],
  'claim.release': [
    'Release anyway',
    'The claim goes as it is. Says who did so and why.',
    (c) => decide.releaseClaim(c),
  ],
  'claim.appeal': [
    'Appealed',
    'The appeal is on its way to the payer; its reference is kept. The evidence stands below.',
    (c) => decide.appealClaim(c),
  ],
  'claim.write-off': ['Write off', 'The claim will not be sent.', (c) => decide.writeOffClaim(c)],
};
function card(a, i, c, open) {
  const [title, words, run] = ACTS[a.act] ?? [a.text, '', null];
  const able = run && me.may(a.act);
  const say = a.fixes ? `fixes ${a.fixes} of ${open}` : '';
  return html`<div class="card"><div><h3>${i + 1}. ${title} ${kbd(String(i + 1))}</h3>
    <p>${run && !able ? `${words} Your role may not.` : words}</p></div><div>
    ${able ? html`<button class="btn ${i === 0 ? 'main' : ''}" data-do="${a.act}">${title}</button> ` : a.act === 'ask_payer' && c.case_id ? html`<a class="btn" href="/case/${url.short(c.case_id)}">Open the case</a> ` : ''}<span class="sub">${say}</span>
    </div></div>`;
}

/* What the payer did, beside what we forecast. */
const FORECAST = {
  as_forecast: 'as forecast',
  not_forecast: 'not forecast',
  other_reason: 'forecast with another reason',
  false_alarm: 'although a denial was forecast',
};
function answered(c) {
  const rejected = !c.outcome && c.acknowledgement === 'rejected';
  if (!c.outcome && !rejected) return '';
  const said = rejected
    ? 'Not taken for processing'
    : [
        c.outcome[0].toUpperCase() + c.outcome.slice(1),
        c.paid ? fmt.money(c.paid) : '',
        c.payment_date ? `on ${fmt.date(c.payment_date)}` : '',
        c.denial_carc ? `CARC ${c.denial_carc}${c.denial_rarc ? `, ${c.denial_rarc}` : ''}` : '',
        FORECAST[c.against_forecast] ?? '',
      ]
        .filter(Boolean)
        .join(' · ');
  const held = (s.head?.evidence ?? []).filter((e) => e.authorization);
  return html`<section class="payer"><h3>The payer's answer</h3><p>${said}</p>${
    c.denial_open
      ? held.map(
          (e) =>
            html`<p class="sub">Line ${e.claim_line}: ${e.outcome} <span class="id">${me.conceal(e.authorization)}</span> ${e.valid_from ? `for ${fmt.date(e.valid_from)} to ${fmt.date(e.valid_until)}` : ''}${e.units ? `, ${fmt.plural(Number(e.units), 'unit')}` : ''}</p>`,
        )
      : ''
  }</section>`;
}

function detail() {
  if (s.oneFault) return shell.failure(s.oneFault);
  const c = s.one;
  if (!c)
    return s.route.id
      ? html`<p class="note">Reading</p>`
      : html`<div class="note"><h2>Choose a claim</h2>
    </div>`;
  const bad = c.elements.filter((e) => e.relation === 'ne' || e.relation === 'missing').length,
    z = me.payerZone(c.payer);
  const due = fmt.due(c.window.due, z, live.now(), c.window.overdue),
    held = c.state === 'held',
    first = s.head?.lines?.[0];
  const tone = held ? 'stop' : c.state === 'released' ? 'clear' : 'wait';
  return html`<div class="head">
    <div><b class="id">${me.conceal(c.claim_no)}</b> <span>${first?.code ?? ''} · ${me.patientName(s.head?.patient)} · served ${fmt.date(c.service_date)}</span> ${tag(c.tone, c.word)}
    <div class="sub">${me.payerName(c.payer, c.payer_name)} · ${fmt.plural(s.head?.lines?.length ?? 0, 'line')}${c.held ? ` · held ${fmt.when(c.held, me.zone(), live.now())}` : ''}${c.authorization ? html` · authorization <span class="id">${me.conceal(c.authorization)}</span>` : ''}${c.case_id ? html` · case <a class="id" href="/case/${url.short(c.case_id)}">${c.case_no || 'open'}</a>` : ''}</div>
    </div><div class="money"><b>${fmt.money(c.total, true)}</b><div class="sub">billed${held ? ', waiting' : ''}</div>
    </div></div>
    <section class="box ${tone}">${sil(tone, 'l')}<div class="say">
      <h2>${held ? `Do not send yet: ${bad} of ${fmt.plural(c.elements.length, 'element')} ${bad === 1 ? 'does' : 'do'} not match` : c.word}</h2>
      <p>${[held ? c.forecast : c.reason, c.next_step].filter(Boolean).join('. ')}${held && c.window.due ? html`. Time to fix: <span class="${due.tone || 'soon'}">${due.tone === 'over' ? due.text : `until ${due.text}`}</span>` : ''}</p>
      </div></section>
    ${answered(c)}
    ${c.elements.length ? comparison(c.elements, s.all) : html`<p class="dim">No authorization was found to compare with.</p>`}
    ${c.actions.length ? html`<div class="cards">${c.actions.map((a, i) => card(a, i, c, bad))}</div>` : ''}
      <p class="sub">Checked again by itself on every change; released when both sides agree. An approval is not a promise of payment.</p>`;
}

function draw() {
  if (!s.el) return;
  if (!$('.claims', s.el))
    render(
      s.el,
      html`<div class="claims"><section class="queue" aria-label="Claims"><div class="filters"></div>
        <div class="scroll"></div></section><section class="claim" aria-label="Claim" tabindex="-1"></section></div>`,
    );
  const p = s.route.params;
  const select = (name, k, options, shown) =>
    html`<span class="pill ${p[k] ? 'on' : ''}">${name} <b>${shown}</b><select data-param="${k}" aria-label="${name}">
      ${options.map(([v, t]) => html`<option value="${v}"${v === (p[k] ?? '') ? html` selected` : ''}>${t}</option>`)}</select></span>`;
  const payers = Object.entries(me.me.payers).map(([k, x]) => [k, x.name]),
    reasons = (s.list?.groups ?? []).map((g) => [g.key, `${reason(g.key)} (${g.count})`]);
  render(
    $('.queue .filters', s.el),
    html`${select('Payer', 'payer', [['', 'All'], ...payers], p.payer ? me.payerName(p.payer) : 'All')}${select('Reason', 'reason', [['', 'All'], ...reasons], p.reason ? reason(p.reason) : 'All')}`,
  );
  render(
    $('.queue .scroll', s.el),
    s.fault
      ? shell.failure(s.fault)
      : s.list && !s.list.rows.length
        ? html`<div class="note">
          <h2>No claim ${p.state && p.state !== 'held' ? p.state.replace('_', ' ') : 'is held'}</h2>
          <p>Claims that match go by themselves.</p></div>`
        : html`${(s.list?.rows ?? []).map(item)}`,
  );
  render($('.claim', s.el), detail());
}
function step(by) {
  const rows = s.list?.rows ?? [],
    i = rows.findIndex((r) => r.claim_id === id()),
    to = rows[Math.max(0, Math.min(rows.length - 1, i + by))];
  if (to) url.go(url.format('claims', url.short(to.claim_id), s.route.params));
}
function act(n) {
  const a = s.one?.actions[n - 1];
  if (!a) return;
  const run = ACTS[a.act]?.[2];
  if (run) run(s.one);
  else if (a.act === 'ask_payer' && s.one.case_id) url.go(`/case/${url.short(s.one.case_id)}`);
  else undo.say('This is done in the billing system; the check then runs by itself.', 'none');
}

export const claims = {
  place: 'claims',
  railPlace: 'claims',
  hints: [
    ['J K', 'next claim'],
    ['1 2 3 4', 'act'],
    ['C', 'copy number'],
    ['O', 'open case'],
    ['M', 'all elements'],
    ['?', 'all keys'],
  ],
  keys: [
    { key: 'J or ArrowDown', text: 'next claim', run: () => step(1) },
    { key: 'K or ArrowUp', text: 'claim before', run: () => step(-1) },
    {
      key: 'M',
      text: 'all elements',
      run: () => {
        s.all = !s.all;
        draw();
      },
    },
    { key: 'O', text: 'open the case', run: () => s.one?.case_id && url.go(`/case/${url.short(s.one.case_id)}`) },
    { key: 'R', text: 'read again', run: () => load() },
    {
      key: 'C',
      text: 'copy the authorization number',
      run: async () => {
        const n = s.one?.authorization || s.one?.claim_no;
        if (n) {
          await navigator.clipboard?.writeText(n);
          undo.say('Copied the number');
        }
      },
    },
    ...[1, 2, 3, 4].map((n) => ({ key: String(n), text: n === 1 ? 'act 1 … 4' : '', run: () => act(n) })),
    { key: 'P', text: 'print', run: () => window.print() },
  ],
  views() {
    const p = s.route?.params ?? {},
      all = !p.reason && (!p.state || p.state === 'held');
    return {
      title: 'Saved views',
      list: [
        { name: 'All holds', href: '/claims', current: all, n: shell.theCounts()?.claim_holds },
        ...(s.list?.groups ?? []).slice(0, 8).map((g) => ({
          name: reason(g.key),
          href: url.format('claims', '', { reason: g.key }),
          current: p.reason === g.key,
          n: g.count,
        })),
        { name: 'Denied or not taken', href: '/claims?state=denied', current: p.state === 'denied' },
        { name: 'Released', href: '/claims?state=released', current: p.state === 'released' },
      ],
    };
  },
  top() {
    const p = s.route?.params ?? {},
      held = !p.state || p.state === 'held';
    return {
      title: held ? 'Claim holds' : 'Released claims',
      count: s.list
        ? `${fmt.plural(s.list.total, 'claim')}${held ? ' held before billing' : ''} · ${fmt.money(s.list.money)}`
        : '',
    };
  },
  mount(el, route) {
    s.el = el;
    s.route = route;
    s.list = s.one = null;
    s.stop = live.listen(onLive);
    el.onclick = (e) => {
      const b = e.target.closest('button');
      if (b?.id === 'all-elements') {
        s.all = !s.all;
        draw();
      } else if (b?.dataset.do) ACTS[b.dataset.do][2](s.one);
      else if (b?.hasAttribute('data-retry')) load();
    };
    el.onchange = (e) => {
      if (e.target.dataset.param)
        url.go(url.format('claims', '', { ...s.route.params, [e.target.dataset.param]: e.target.value }));
    };
    el.ondblclick = null;
    draw();
    load();
  },
  update(route) {
    const same = JSON.stringify(route.params) === JSON.stringify(s.route.params);
    s.route = route;
    s.one = s.head = s.oneFault = null;
    draw();
    if (same && s.list)
      loadOne(true).then(() => {
        draw();
        shell.refresh();
      });
    else load();
  },
  unmount() {
    s.stop?.();
    clearTimeout(s.timer);
    s.timer = 0;
    s.el = null;
  },
  draw,
  tick: draw,
  escape() {},
};
