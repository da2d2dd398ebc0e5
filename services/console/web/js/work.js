/* The work list: what do I do next, and why? Rows do not move under the user: cells change in place, what is new or has
 * left waits until it is asked for. */
import { $, html, render, patch, icon, kbd } from './dom.js';
import * as acts from './acts.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';
import * as undo from './undo.js';
import * as url from './url.js';
import { rowMarkup } from './list.js';
import { Peek } from './peek.js';
import { LIMIT, VIEWS, apply, draw, focused, load, onLive, order, params, rowState, s } from './worklist.js';

/* ---- moving ---- */

function focus(id, { scroll = true } = {}) {
  if (!id || id === s.focus) return;
  const was = s.focus;
  s.focus = id;
  for (const x of [was, id]) {
    const r = s.shown.find((y) => y.id === x),
      el = r && document.getElementById(`r-${x}`);
    if (el) {
      const fresh = patch(el, rowMarkup(r, live.now(), rowState(r)));
      fresh.dataset.key = x;
    }
  }
  const el = document.getElementById(`r-${id}`);
  el?.focus({ preventScroll: true });
  if (scroll) el?.scrollIntoView({ block: 'nearest' });
  s.peek?.show(id);
}
function move(by, extend) {
  const list = order(),
    i = list.indexOf(s.focus),
    next = list[Math.max(0, Math.min(list.length - 1, i + by))];
  if (extend) {
    s.sel.extend(s.focus, list);
    s.sel.extend(next, list);
  }
  focus(next);
  if (extend) draw();
}
function open(state = {}) {
  const r = focused();
  if (!r) return;
  url.remember({ focus: s.focus, scroll: $('.grid', s.el).scrollTop });
  url.go(`/case/${url.short(r.id)}`, state);
}
function set(change) {
  const p = { ...s.route.params, ...change };
  url.go(url.format('work', '', p));
}
const chosen = () => (s.sel.size ? s.shown.filter((r) => s.sel.has(r.id)) : [focused()].filter(Boolean)).slice(0, 25);

function withTasks(what) {
  const rows = chosen(),
    able = rows.filter((r) => r.next.task);
  if (!able.length)
    undo.say(rows.length ? 'No open task here: it waits for somebody else.' : 'Choose a case first.', 'none');
  else what(able, rows.length - able.length);
}
function assign() {
  withTasks((rows, skipped) =>
    acts.assign(
      rows.map((r) => ({ id: r.next.task, before: { assignee: r.owner.user ?? `queue:${r.owner.queue}` } })),
      {
        skipped,
        done: () => {
          s.sel.clear();
          draw();
        },
      },
    ),
  );
}
function assignMe() {
  withTasks((rows) =>
    acts.assignTo(
      me.me.id,
      rows.map((r) => ({ id: r.next.task, before: { assignee: r.owner.user ?? `queue:${r.owner.queue}` } })),
      {},
    ),
  );
}
function snooze() {
  withTasks((rows, skipped) =>
    acts.snooze(
      rows.map((r) => ({ id: r.next.task })),
      {
        skipped,
        done: () => {
          s.sel.clear();
          draw();
        },
      },
    ),
  );
}
function why() {
  const r = focused();
  if (!r) return;
  const terms = r.priority.reasons.map((x) => `${x.text} +${x.n}`).join(', ');
  undo.say(`Priority ${r.priority.n}: ${terms || 'nothing presses'}`, 'none');
}
function nextBest() {
  const best = [...s.shown]
    .filter((r) => !s.left.has(r.id) && (!r.owner.user || r.owner.user === me.me.id))
    .sort((a, b) => b.priority.n - a.priority.n)[0];
  if (!best) {
    undo.say('No case is free for you in this view.', 'none');
    return;
  }
  focus(best.id);
  open();
}
async function copy() {
  const r = focused(),
    text = r?.status.reference || r?.case_no;
  if (!text) return;
  await navigator.clipboard?.writeText(text);
  undo.say(`Copied ${r.status.reference ? 'the reference' : 'the case number'}`);
}
function log() {
  const r = focused();
  if (r) acts.note({ id: r.id, case_no: r.case_no, payer: r.payer }, 'call');
}
function peek() {
  if (s.peek) {
    s.peek.close();
    s.peek = null;
    render($('.aside', s.el), '');
    return;
  }
  if (!focused()) return;
  s.peek = new Peek($('.aside', s.el), () => {
    s.peek?.close();
    s.peek = null;
    render($('.aside', s.el), '');
  });
  s.peek.show(s.focus);
}
function refreshNow() {
  if (s.latest) apply();
  else load({ keep: s.focus });
  shell.refresh();
}

function onClick(e) {
  const t = e.target,
    row = t.closest('.wrow'),
    b = t.closest('button');
  if (t.id === 'all') {
    if (t.checked) s.sel.all(order().filter((id) => !s.left.has(id)));
    else s.sel.clear();
    draw();
    return;
  }
  if (b?.dataset.sort !== undefined) {
    set({ sort: b.dataset.sort });
    return;
  }
  if (b?.dataset.drop) {
    set({ [b.dataset.drop]: '' });
    return;
  }
  if (b?.id === 'apply') {
    refreshNow();
    return;
  }
  if (b?.id === 'more') {
    s.extra = Math.min(300, s.extra + LIMIT);
    load({ keep: s.focus, scroll: $('.grid', s.el).scrollTop });
    return;
  }
  if (b?.dataset.act) {
    ({
      assign,
      snooze,
      clear: () => {
        s.sel.clear();
        draw();
      },
    })[b.dataset.act]();
    return;
  }
  if (b?.hasAttribute('data-retry')) {
    load();
    return;
  }
  if (!row) return;
  if (t.closest('.cb')) {
    if (e.shiftKey) s.sel.extend(row.dataset.id, order());
    else s.sel.toggle(row.dataset.id);
    draw();
    return;
  }
  focus(row.dataset.id, { scroll: false });
  if (matchMedia('(max-width: 699px)').matches) open();
}

export const work = {
  place: 'work',
  railPlace: 'work',
  hints: [
    ['J K', 'move'],
    ['Enter', 'open'],
    ['Space', 'peek'],
    ['X', 'select'],
    ['E', 'do next step'],
    ['A', 'assign'],
    ['W', 'why this priority'],
    ['?', 'all keys'],
  ],
  keys: [
    { key: 'J or ArrowDown', text: 'next row', run: () => move(1) },
    { key: 'K or ArrowUp', text: 'row before', run: () => move(-1) },
    { key: 'Shift+J or Shift+ArrowDown', text: 'select downwards', run: () => move(1, true) },
    { key: 'Shift+K or Shift+ArrowUp', text: 'select upwards', run: () => move(-1, true) },
    { key: 'Home', run: () => focus(order()[0]) },
    { key: 'End', run: () => focus(order().at(-1)) },
    { key: 'Enter', text: 'open the case', run: () => open() },
    { key: 'Space', text: 'peek', run: peek },
    {
      key: 'X',
      text: 'select',
      run: () => {
        if (focused()) s.sel.toggle(s.focus);
        draw();
      },
    },
    {
      key: 'Ctrl+A',
      text: 'select what is shown',
      run: () => {
        s.sel.all(order());
        draw();
      },
    },
    { key: 'E', text: 'do the next step', run: () => open({ do: 'next' }) },
    { key: 'A', text: 'assign', run: assign },
    { key: 'M', text: 'assign to me', run: assignMe },
    { key: 'S', text: 'snooze', run: snooze },
    { key: 'L', text: 'log a call', run: log },
    { key: 'W', text: 'why this priority', run: why },
    { key: 'C', text: 'copy the reference', run: copy },
    { key: 'N', text: 'next best case', run: nextBest },
    { key: 'R', text: 'show changes', run: refreshNow },
    { key: 'F', text: 'filter', run: () => $('.filters select', s.el)?.focus() },
    { key: 'V', text: 'views', run: () => $('.views a')?.focus() },
    {
      key: 'P',
      text: 'print',
      run: () => {
        document.querySelector('.pane').dataset.print =
          `${me.me.name}, ${fmt.when(new Date(live.now()).toISOString(), me.zone(), live.now())}`;
        window.print();
      },
    },
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({
      key: String(n),
      text: n === 1 ? 'go to group 1 … 9' : '',
      run: () => {
        const g = [...new Set(s.shown.map((r) => r.group))][n - 1];
        focus(s.shown.find((r) => r.group === g)?.id);
      },
    })),
  ],
  views() {
    const c = shell.theCounts(),
      p = s.route ? params() : {};
    return {
      title: 'Saved views',
      list: VIEWS.map(([k, name]) => ({
        name,
        href: url.format('work', '', { view: k }),
        current: p.view === k,
        n: c?.views[k],
        bad: k === 'past-due' || k === 'unassigned',
      })),
    };
  },
  top() {
    const p = s.route ? params() : {},
      name = VIEWS.find(([k]) => k === p.view)?.[1] ?? 'Work list';
    return {
      title: name,
      count: s.answer
        ? `${fmt.plural(s.answer.total, 'case')}${p.view === 'mine' ? ' · mine' : p.view === 'team' ? ' · my team' : ''}`
        : '',
      acts: html`<button class="btn main" id="next-best">${icon('bolt')}Next best case ${kbd('N')}</button>`,
    };
  },
  mount(el, route, back) {
    s.el = el;
    s.stop = live.listen(onLive);
    el.onclick = onClick;
    el.ondblclick = (e) => {
      if (e.target.closest('.wrow')) open();
    };
    el.onchange = (e) => {
      if (e.target.dataset.param) set({ [e.target.dataset.param]: e.target.value });
    };
    s.onTop = (e) => {
      if (e.target.closest?.('#next-best')) nextBest();
    };
    document.addEventListener('click', s.onTop);
    const st = back ? (history.state ?? {}) : {};
    s.focus = st.focus ?? '';
    s.shown = [];
    s.answer = s.latest = null;
    s.route = route;
    draw();
    load({ keep: s.focus, scroll: st.scroll }).then(() => {
      if (!shell.dialogOpen()) document.getElementById(`r-${s.focus}`)?.focus({ preventScroll: true });
    });
  },
  update(route) {
    s.route = route;
    s.extra = 0;
    s.latest = null;
    s.waiting = 0;
    load();
  },
  unmount() {
    s.stop?.();
    document.removeEventListener('click', s.onTop);
    s.peek?.close();
    s.peek = null;
    clearTimeout(s.timer);
    s.timer = 0;
    s.el = null;
  },
  draw() {
    draw();
  },
  tick() {
    if (s.el) draw();
  },
  escape() {
    if (s.peek) peek();
    else if (s.sel.size) {
      s.sel.clear();
      draw();
    }
  },
  /** For a case that was opened from the list: the ids before and after it. */
  neighbours(id) {
    const list = order(),
      i = list.indexOf(id);
    return {
      at: i + 1,
      of: list.length,
      before: list[i - 1],
      after: list[i + 1],
      view: VIEWS.find(([k]) => s.route && k === params().view)?.[1] ?? '',
      href: s.route ? url.format('work', '', s.route.params) : '/work',
    };
  },
};
