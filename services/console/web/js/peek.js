/* A look at a case beside the list; moves with the rows and never changes the list. */
import { html, render, icon, tag } from './dom.js';
import { get } from './api.js';
import * as live from './live.js';
import { patientAge, patientName } from './me.js';
import { failure } from './shell.js';
import { clockRows } from './side.js';
import { linesNarrow } from './tracks.js';
import { timeline } from './timeline.js';

export class Peek {
  constructor(el, onClose) {
    this.el = el;
    this.id = '';
    this.onClose = onClose;
    el.onclick = (e) => {
      if (e.target.closest('[data-close]')) onClose();
    };
  }
  show(id) {
    if (id === this.id) return;
    this.id = id;
    this.data = this.rows = this.fault = null;
    clearTimeout(this.timer);
    /* While keys repeat, only the row where they stop is asked for. */
    this.timer = setTimeout(() => this.load(), 120);
    this.draw();
  }
  async load() {
    this.abort?.abort();
    const { signal } = (this.abort = new AbortController());
    try {
      [this.data, this.rows] = await Promise.all([
        get(`cases/${this.id}`, {}, { signal }),
        get(`cases/${this.id}/timeline`, { limit: 3 }, { signal }),
      ]);
      this.fault = null;
    } catch (e) {
      if (e.name === 'AbortError') return;
      this.fault = e;
    }
    this.draw();
  }
  hint(m) {
    if (m.type === 'gap' || m.data?.case === this.id) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 800);
    }
  }
  draw() {
    if (this.closed) return;
    const c = this.data;
    render(
      this.el,
      html`<aside class="peek" aria-label="Peek">${
        this.fault
          ? failure(this.fault)
          : !c
            ? html`<p class="dim">Reading</p>`
            : html`
      <header><div><b class="id">${patientName(c.patient)}</b> <span class="dim">${patientAge(c.patient)}</span>
        <div class="sub">${c.case_no} · ${c.facts.payer_name ?? 'No payer known'}</div></div>
        <button class="btn icon quiet" data-close aria-label="Close">${icon('x')}</button></header>
      <div>${tag(c.tone, c.headline)} <div class="sub">${c.next.text}</div></div>
      ${linesNarrow(c)}<section><h3>Clocks</h3>${clockRows(c, live.now())}</section><section>
        <h3>Last</h3>${timeline(this.rows.rows, live.now())}</section>`
      }</aside>`,
    );
  }
  close() {
    this.closed = true;
    this.abort?.abort();
    clearTimeout(this.timer);
    this.el.onclick = null;
  }
}
