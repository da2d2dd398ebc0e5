/* One case: three answers per line, whose turn it is, until when, and everything that happened. */
import { $, html, render, icon, sil, tag, kbd } from './dom.js';
import { latest } from './api.js';
import * as acts from './acts.js';
import * as decide from './decide.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';
import * as undo from './undo.js';
import * as url from './url.js';
import { work } from './work.js';
import { proof } from './proof.js';
import { side } from './side.js';
import { KINDS, timeline } from './timeline.js';
import { linesTable, nextVisit } from './tracks.js';

const PAGE = 50,
  REREAD_MS = 500,
  REVEAL_MS = 60000;
const s = {
  el: null,
  id: '',
  c: null,
  rows: [],
  more: 0,
  kind: '',
  line: 0,
  fault: null,
  timer: 0,
  stop: null,
  revealed: 0,
  todo: '',
};
const askCase = latest(),
  askTime = latest();

async function loadTimeline(older = false, person = true) {
  const a = await askTime(
    `cases/${s.id}/timeline`,
    { kind: s.kind, line: s.line || '', limit: PAGE, before: older ? s.more : '' },
    { person },
  );
  s.rows = older ? [...s.rows, ...a.rows] : a.rows;
  s.more = a.next ?? 0;
}
async function load(person = true) {
  try {
    const [c] = await Promise.all([askCase(`cases/${s.id}`, {}, { person }), loadTimeline(false, person)]);
    s.c = c;
    s.fault = null;
  } catch (e) {
    if (e.name === 'AbortError') return;
    s.fault = e;
  }
  draw();
  shell.refresh();
  if (s.todo && s.c) {
    s.todo = '';
    doNext();
  }
}
function onLive(m) {
  const mine = m.type === 'gap' || (m.data && (m.data.case === s.id || m.data.id === s.id));
  if (mine && (m.type === 'row' || m.type === 'gone' || m.type === 'gap') && !s.timer)
    s.timer = setTimeout(() => {
      s.timer = 0;
      load(false);
    }, REREAD_MS);
}

/* ---- drawing ---- */

function head(c) {
  const f = c.facts,
    p = c.patient,
    v = nextVisit(c),
    shown = s.revealed > Date.now() && !me.hidden();
  const fact = (name, value, more = '') =>
    value
      ? html`<div><dt>${name}</dt><dd>${value}${more ? html` <span class="dim">${more}</span>` : ''}</dd></div>`
      : '';
  const task = c.tasks.find((t) => t.task_id === c.next.task && t.state !== 'settled'),
    who = task?.assignee;
  const ready = v?.colour
    ? v.tone === 'clear'
      ? `Ready for ${fmt.date(v.date)}`
      : `${v.word} for ${fmt.date(v.date)}${v.start ? `, ${fmt.clockTime(Date.parse(v.start), v.zone)}` : ''}`
    : '';
  const id = (t) => html`<span class="id">${t}</span>`;
  const name = shown ? `${p.family}, ${p.given}` : me.patientName(p);
  const more = shown ? `${fmt.date(p.birth_date, { weekday: false, thisYear: '0' })} · MRN ${p.mrn}` : me.patientAge(p);
  const owner = who
    ? html`${me.chip(who)}${who === me.me.id ? 'You own this task' : `${me.personName(who)} has this task`}`
    : c.next.queue
      ? html`<span class="who nobody">?</span>${fmt.queue(c.next.queue)}`
      : '';
  return html`<div class="name">
      <b class="id">${name}</b><span class="dim">${more}</span>${v?.colour ? tag(v.tone, ready) : ''}${tag(c.tone, c.headline)}
    </div>
    <div class="own desk">
      ${owner}
      ${task && me.may('task.assign') ? html`<button class="btn" data-act="assign">${icon('person')}Assign ${kbd('A')}</button>` : ''}
      <button class="btn icon" data-act="print" aria-label="Print" title="Print (P)">${icon('print')}</button>
    </div>
    <dl class="facts">
      ${fact('Payer', f.payer_name || me.payerName(f.payer) || 'Not known', fmt.lob(f.lob))}
      ${fact('Member ID', f.member_tail ? id(me.hidden() ? '••' : `···· ${f.member_tail}`) : 'None')}
      ${fact('Ordering', f.ordering, me.siteName(f.site))}
      ${fact('Order', id(me.conceal(c.order_no)))}
      ${fact('Urgency', c.urgency[0]?.toUpperCase() + c.urgency.slice(1))}
      ${fact('Ordered', f.ordered_at ? fmt.when(f.ordered_at, me.siteZone(f.site), live.now()) : '')}
      ${fact('Reference', f.reference ? id(me.conceal(fmt.cut(f.reference, 24))) : '')}
      ${f.missing?.length ? fact('Still missing', f.missing.join(', ')) : ''}
    </dl>`;
}

function nextBox(c) {
  const n = c.next,
    now = live.now(),
    z = n.owner === 'payer' ? me.payerZone(c.facts.payer) : me.zone();
  const d = fmt.due(n.due, z, now, n.over),
    a = decide.answer(c),
    mine = n.owner !== 'payer';
  const tone = n.over ? 'stop' : !n.text ? 'clear' : mine ? (c.tone === 'stop' ? 'stop' : 'act') : 'wait';
  const late =
    d.tone === 'over'
      ? `${d.text.replace(' over', '')} past ${mine ? 'our' : 'the payer’s'} limit`
      : d.text
        ? `by ${d.text.replace(/^Today/, 'today')}`
        : '';
  const sentence = [
    me.mask(n.why),
    n.if_missed,
    `${mine ? 'Turn: ' : 'Waiting for: '}${me.personName(n.owner) || 'nobody'}`,
  ];
  const words = sentence
    .filter(Boolean)
    .map((x) => x.replace(/\.$/, ''))
    .join('. ');
  const act = !a
    ? ''
    : a[2]
      ? html`<a class="btn main" id="do-next" href="${a[2]}">${a[0]} ${kbd('E')}</a>`
      : html`<button class="btn main" id="do-next" data-act="next">${a[0]} ${kbd('E')}</button>`;
  return html`<section class="box ${tone}" aria-label="Next step">
    ${sil(tone, 'l')}
    <div class="say"><h2>${n.text || 'Nothing to do'}</h2><span class="${d.tone}">${late}</span><p>${words}.</p></div>
    <div class="acts desk">
      ${me.may('note.add') ? html`<button class="btn" data-act="call">${icon('phone')}Log a call ${kbd('L')}</button>` : ''}${act}
      <span class="pill">More<select data-more aria-label="More acts">
        <option value="">More</option>${more(c).map(([k, t]) => html`<option value="${k}">${t}</option>`)}
      </select></span>
    </div></section>`;
}
const MORE = [
  ['decision.record', 'Record a decision', () => decide.recordDecision(s.c, s.line || undefined)],
  ['decision.accept', 'Accept a partial approval', () => decide.acceptDecision(s.c, s.line || undefined)],
  ['packet.release', 'Send or hold the packet', () => decide.releasePacket(s.c)],
  ['request.resend', 'Send again', () => decide.resend(s.c)],
  ['request.extend', 'Ask for an extension', () => decide.extendRequest(s.c, s.line || undefined)],
  ['request.cancel', 'Take the request back', () => decide.cancelRequest(s.c)],
  ['requirement.decide', 'Decide whether it is needed', () => decide.decideRequirement(s.c, s.line || undefined)],
  ['line.map-code', 'Name a line’s code', () => decide.mapCode(s.c, s.line || undefined)],
  ['line.drop', 'Drop a line', () => decide.dropLine(s.c, s.line || undefined)],
  ['merge.settle', 'Settle the review after a merge', () => decide.settleMerge(s.c)],
  ['note.add', 'Write a note', () => acts.note({ id: s.id, case_no: s.c.case_no, payer: s.c.facts.payer })],
];
/* What answers a question is offered while the question is open. */
const asked = (c) => c.tasks.some((t) => t.kind === 'merge_review' && t.state !== 'settled');
const OFFERED = { 'merge.settle': asked, 'request.extend': (c) => decide.extendable(c).length > 0 };
const more = (c) => MORE.filter(([k]) => me.may(k) && (OFFERED[k] ?? (() => true))(c));

function body(c) {
  return html`${nextBox(c)}${linesTable(c, s.line)}
    <section><div class="tabs" role="tablist" aria-label="Time line">
      ${KINDS.map(([k, name]) => html`<button role="tab" id="tab-${k || 'all'}" data-kind="${k}" aria-selected="${k === s.kind}">${name}</button>`)}<span class="gap"></span>
      ${
        c.lines.length > 1
          ? html`<span class="pill">Line <b>${s.line || 'All'}</b>
        <select data-line-filter aria-label="Line">
        ${[0, ...c.lines.map((l) => l.line)].map((n) => html`<option value="${n}"${n === s.line ? html` selected` : ''}>${n || 'All'}</option>`)}</select></span>`
          : ''
      }</div>
    ${timeline(s.rows, live.now())}${
      s.more
        ? html`<p class="note">
      <button class="btn" id="older">Show earlier</button></p>`
        : ''
    }</section>`;
}

function draw() {
  if (!s.el) return;
  if (s.fault && !s.c) {
    render(s.el, html`<div class="scroll">${shell.failure(s.fault)}</div>`);
    return;
  }
  if (!s.c) {
    render(s.el, html`<div class="note"><p>Reading the case</p></div>`);
    return;
  }
  if (!$('.case', s.el))
    render(
      s.el,
      html`<div class="case"><div class="case-head"></div><div class="case-body" tabindex="-1"></div>
        <aside class="case-side" aria-label="Clocks, authorizations, documents"></aside></div>`,
    );
  render($('.case-head', s.el), head(s.c));
  if (!document.activeElement?.matches?.('.case-body select')) render($('.case-body', s.el), body(s.c));
  render($('.case-side', s.el), side(s.c, live.now()));
}

/* ---- acts ---- */

function doNext() {
  const a = decide.answer(s.c);
  if (!a)
    undo.say(
      s.c.next.owner === 'payer'
        ? 'Wait: it is the payer’s turn. The clock escalates by itself.'
        : `“${s.c.next.text || 'Nothing'}” is not done in this console.`,
      'none',
    );
  else if (a[2]) url.go(a[2]);
  else a[1]();
}
function assign(who) {
  const t =
    s.c?.tasks.find((x) => x.task_id === s.c.next.task && x.state !== 'settled') ??
    s.c?.tasks.find((x) => x.state !== 'settled');
  if (!t) {
    undo.say('No open task here.', 'none');
    return;
  }
  const targets = [{ id: t.task_id, v: t.v, before: { assignee: t.assignee ?? `queue:${t.queue}` } }];
  if (who) acts.assignTo(who, targets);
  else acts.assign(targets);
}
function step(by) {
  const n = work.neighbours(s.id),
    id = by > 0 ? n.after : n.before;
  if (id) url.go(`/case/${url.short(id)}`);
  else undo.say(by > 0 ? 'This is the last case of the list.' : 'This is the first case of the list.', 'none');
}
function setLine(n) {
  s.line = s.line === n ? 0 : n;
  url.replace(url.format('case', url.short(s.id), s.kind ? { tab: s.kind } : {}, s.line ? `line-${s.line}` : ''));
  loadTimeline()
    .catch(() => {})
    .then(draw);
  draw();
}
function setKind(k) {
  s.kind = k;
  url.replace(url.format('case', url.short(s.id), k ? { tab: k } : {}, s.line ? `line-${s.line}` : ''));
  loadTimeline()
    .catch(() => {})
    .then(draw);
  draw();
}
function reveal() {
  s.revealed = s.revealed > Date.now() ? 0 : Date.now() + REVEAL_MS;
  if (s.revealed) setTimeout(draw, REVEAL_MS + 100);
  draw();
}
async function copy() {
  const text = s.c?.lines.map((l) => l.authorization.number).find(Boolean) || s.c?.facts.reference || s.c?.case_no;
  if (!text) return;
  await navigator.clipboard?.writeText(text);
  undo.say('Copied the number');
}

function onClick(e) {
  const b = e.target.closest('button');
  if (!b) return;
  if (b.dataset.act === 'assign') assign();
  else if (b.dataset.act === 'call') acts.note({ id: s.id, case_no: s.c.case_no, payer: s.c.facts.payer }, 'call');
  else if (b.dataset.act === 'next') doNext();
  else if (b.dataset.act === 'print') print();
  else if (b.dataset.kind !== undefined) setKind(b.dataset.kind);
  else if (b.dataset.item) decide.settleItem(s.c, b.dataset.item, Number(b.dataset.line));
  else if (b.dataset.proof) proof(s.c, Number(b.dataset.proof));
  else if (b.id === 'older')
    loadTimeline(true)
      .catch(() => {})
      .then(draw);
  else if (b.hasAttribute('data-retry')) load();
}
function onSelect(e) {
  const t = e.target;
  if (t.hasAttribute('data-more')) {
    const k = t.value;
    t.value = '';
    t.blur();
    MORE.find((x) => x[0] === k)?.[2]();
  }
  if (t.hasAttribute('data-line-filter')) {
    const n = Number(t.value);
    t.blur();
    setLine(n === 0 ? s.line : n);
  }
}
function print() {
  document.querySelector('.pane').dataset.print =
    `${me.me.name}, ${fmt.when(new Date(live.now()).toISOString(), me.zone(), live.now())}`;
  window.print();
}

function open(route) {
  clearTimeout(s.timer);
  Object.assign(s, {
    id: url.long(route.id),
    c: null,
    rows: [],
    more: 0,
    fault: null,
    timer: 0,
    revealed: 0,
    kind: KINDS.some(([k]) => k === route.params.tab) ? route.params.tab : '',
    line: Number(/^line-(\d+)$/.exec(route.hash)?.[1] ?? 0),
    todo: history.state?.do ?? '',
  });
  if (s.todo) url.remember({ do: '' });
  draw();
  load();
}

export const caseScreen = {
  place: 'case',
  railPlace: 'work',
  hints: [
    ['U', 'back to list'],
    ['J K', 'next, previous case'],
    ['1 – 9', 'line'],
    ['E', 'do next step'],
    ['L', 'log a call'],
    ['D', 'documents'],
    ['C', 'copy reference'],
    ['?', 'all keys'],
  ],
  keys: [
    { key: 'U', text: 'back to the list', run: () => url.go(work.neighbours(s.id).href) },
    { key: 'J', text: 'next case', run: () => step(1) },
    { key: 'K', text: 'case before', run: () => step(-1) },
    { key: 'E', text: 'do the next step', run: () => s.c && doNext() },
    {
      key: 'L',
      text: 'log a call',
      run: () => s.c && acts.note({ id: s.id, case_no: s.c.case_no, payer: s.c.facts.payer }, 'call'),
    },
    { key: 'A', text: 'assign', run: () => assign() },
    { key: 'M', text: 'assign to me', run: () => assign(me.me.id) },
    { key: 'T', text: 'time line', run: () => setKind('') },
    { key: 'D', text: 'documents', run: () => setKind('documents') },
    { key: 'W', text: 'why: the proof', run: () => s.c?.lines.length && proof(s.c, s.line || s.c.lines[0].line) },
    { key: 'C', text: 'copy the number', run: copy },
    { key: 'I', text: 'full name, for a minute', run: reveal },
    {
      key: 'O',
      text: 'next visit',
      run: () => {
        const v = s.c && nextVisit(s.c);
        if (v) url.go(url.format('readiness', '', { day: v.date, site: v.site }));
      },
    },
    { key: 'P', text: 'print', run: print },
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({
      key: String(n),
      text: n === 1 ? 'line 1 … 9' : '',
      run: () => {
        if (s.c?.lines.some((l) => l.line === n)) setLine(n);
      },
    })),
  ],
  views() {
    if (!s.c) return { title: 'This case', list: [] };
    const here = (k) => url.format('case', url.short(s.id), k ? { tab: k } : {});
    return {
      title: 'This case',
      list: KINDS.map(([k, name]) => ({
        name: k ? name : 'Lines and time line',
        href: here(k),
        current: k === s.kind,
        n:
          k === ''
            ? s.c.lines.length
            : k === 'documents'
              ? s.c.checklist.items.length
              : k === 'contact'
                ? s.c.submissions.length
                : k === 'clocks'
                  ? s.c.clocks.length
                  : undefined,
      })),
    };
  },
  top() {
    const n = work.neighbours(s.id),
      c = s.c,
      first = c?.lines.find((l) => l.state === 'active') ?? c?.lines[0],
      rest = c ? c.lines.length - 1 : 0;
    return {
      title: c ? `${first?.text || first?.local || 'Case'}${rest > 0 ? ` and ${rest} more` : ''}` : 'Case',
      tab: c?.case_no ?? 'Case',
      back: n.href,
      count: c ? html`<span class="id">${c.case_no}</span>${n.at ? ` · ${n.at} of ${n.of} in ${n.view}` : ''}` : '',
      acts: html`<a class="btn icon" href="${n.after ? `/case/${url.short(n.after)}` : n.href}" aria-label="Next case" title="Next (J)">${icon('down')}</a>
        <a class="btn icon" href="${n.before ? `/case/${url.short(n.before)}` : n.href}" aria-label="Case before" title="Before (K)">${icon('up')}</a>`,
    };
  },
  mount(el, route) {
    s.el = el;
    s.stop = live.listen(onLive);
    el.onclick = onClick;
    el.onchange = onSelect;
    el.ondblclick = null;
    open(route);
  },
  update(route) {
    if (url.long(route.id) !== s.id) {
      open(route);
      return;
    }
    const k = KINDS.some(([x]) => x === route.params.tab) ? route.params.tab : '';
    if (k !== s.kind) setKind(k);
  },
  unmount() {
    s.stop?.();
    clearTimeout(s.timer);
    s.timer = 0;
    s.el = null;
    s.c = null;
  },
  draw,
  tick: draw,
  escape() {
    if (s.line) setLine(s.line);
  },
};
