/* Messages that nobody could use: where the fault is, kept for a person. No patient data here. */
import { html, render, sil } from './dom.js';
import { latest } from './api.js';
import * as fmt from './fmt.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';

const s = { el: null, list: null, fault: null };
const ask = latest();
async function load() {
  try {
    s.list = await ask('quarantine', { limit: 200 });
    s.fault = null;
  } catch (e) {
    if (e.name !== 'AbortError') s.fault = e;
  }
  draw();
  shell.refresh();
}
function draw() {
  if (!s.el) return;
  const rows = s.list?.rows ?? [];
  render(
    s.el,
    html`<div class="board">${
      s.fault
        ? shell.failure(s.fault)
        : !s.list
          ? html`<p class="dim">Reading</p>`
          : rows.length
            ? html`<table class="lines"><thead><tr><th width="16%">When</th><th width="20%">From</th>
              <th width="14%">Form</th><th width="18%">Place</th><th>What is wrong</th></tr></thead>
    <tbody>${rows.map(
      (q) => html`<tr><td>${fmt.when(q.at, me.zone(), live.now())}</td><td class="id">${q.sender}
      <div class="sub">${q.message_id ?? ''}</div></td><td>${q.format} ${q.type ?? ''}</td><td class="id">
      ${q.place ?? ''}</td><td>${sil('act', 's')} ${q.reason}</td></tr>`,
    )}</tbody></table>`
            : html`<div class="note"><h2>Every message could be used</h2></div>`
    }</div>`,
  );
}
export const messages = {
  place: 'messages',
  railPlace: 'messages',
  hints: [
    ['R', 'read again'],
    ['?', 'all keys'],
  ],
  keys: [{ key: 'R', text: 'read again', run: load }],
  top: () => ({
    title: 'Unread messages',
    count: s.list ? `${fmt.plural(s.list.total, 'message')} nobody could use` : '',
  }),
  mount(el) {
    s.el = el;
    s.list = null;
    el.onclick = (e) => {
      if (e.target.closest('[data-retry]')) load();
    };
    el.onchange = el.ondblclick = null;
    draw();
    load();
  },
  update() {
    load();
  },
  unmount() {
    s.el = null;
  },
  draw,
  tick() {},
  escape() {},
};
