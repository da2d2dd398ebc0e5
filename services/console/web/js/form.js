/* A dialog with fields. Faults stand at their field and are named in one place; what was typed stays. */
import { $, element, html, icon } from './dom.js';

export function field(id, label, control, hint = '') {
  return html`<div class="field">
    <label for="d-${id}">${label}</label>${control}${hint ? html`<span class="sub">${hint}</span>` : ''}<span class="fault" id="d-${id}-fault"></span>
    </div>`;
}
export const text = (id, { value = '', max = 200, required = false, type = 'text', autofocus = false } = {}) =>
  html`<input id="d-${id}" name="${id}" type="${type}" value="${value}" maxlength="${max}" autocomplete="off" aria-describedby="d-${id}-fault"${required ? html` data-required` : ''}${autofocus ? html` autofocus` : ''}>`;
export const area = (id, { max = 2000, required = false, autofocus = false } = {}) =>
  html`<textarea id="d-${id}" name="${id}" maxlength="${max}" aria-describedby="d-${id}-fault"${required ? html` data-required` : ''}${autofocus ? html` autofocus` : ''}>
    </textarea>`;
export const choice = (id, options, value = '', autofocus = false) =>
  html`<select id="d-${id}" name="${id}" aria-describedby="d-${id}-fault"${autofocus ? html` autofocus` : ''}>
    ${options.map(([v, t]) => html`<option value="${v}"${v === value ? html` selected` : ''}>${t}</option>`)}</select>`;

/** submit(data) is called with the fields; it may return {field: fault}. The dialog closes when it returns nothing. */
export function ask({ title, body, label, submit, note = '', danger = false, mounted }) {
  const before = document.activeElement;
  const d = element(html`<dialog aria-labelledby="d-title"><form method="dialog" novalidate><header>
      <h2 id="d-title">${title}</h2><button type="button" class="btn icon quiet" data-close aria-label="Close">${icon('x')}</button>
      </header>
    <div class="body">${body}<p class="fault" role="alert"></p></div>
      <footer><span class="sub">${note}</span><button type="button" class="btn" data-close>Cancel</button><button type="submit" class="btn ${danger ? 'danger' : 'main'}">${label}</button>
      </footer></form></dialog>`);
  $('#root').append(d);
  const close = () => {
    d.close();
    d.remove();
    before?.focus?.({ preventScroll: true });
  };
  d.addEventListener('cancel', (e) => {
    e.preventDefault();
    close();
  });
  d.addEventListener('click', (e) => {
    if (e.target.closest('[data-close]')) close();
  });
  d.querySelector('form').addEventListener('submit', async (e) => {
    e.preventDefault();
    const data = Object.fromEntries(new FormData(e.target));
    const faults = {};
    for (const el of e.target.querySelectorAll('[data-required]'))
      if (!el.value.trim()) faults[el.name] = 'This is needed';
    const said = Object.keys(faults).length ? faults : (submit(data) ?? null);
    for (const el of d.querySelectorAll('.field .fault')) el.textContent = '';
    if (!said) {
      close();
      return;
    }
    for (const [k, v] of Object.entries(said)) {
      const el = d.querySelector(`#d-${k}-fault`);
      if (el) el.textContent = v;
    }
    const first = d.querySelector(`#d-${Object.keys(said)[0]}`);
    const name = first?.closest('.field')?.querySelector('label')?.textContent;
    $('[role="alert"]', d).textContent = name ? `${name}: ${Object.values(said)[0]}` : '';
    first?.focus();
  });
  d.showModal();
  mounted?.(d);
  return close;
}
