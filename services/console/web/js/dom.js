/* Markup from templates, escaped; the only way to HTML in the console. */

/** Text that is markup already. */
class Markup {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

const policy = globalThis.trustedTypes
  ? trustedTypes.createPolicy('priorpath', { createHTML: (s) => s, createScriptURL: (s) => s })
  : { createHTML: (s) => s, createScriptURL: (s) => s };
/** Only for scripts of ours: the address of the live worker. */
export const scriptUrl = (s) => policy.createScriptURL(s);

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escape = (s) => String(s).replace(/[&<>"']/g, (c) => ESCAPES[c]);

function part(v) {
  if (v === null || v === undefined || v === '') return '';
  if (v instanceof Markup) return v.text;
  if (Array.isArray(v)) return v.map(part).join('');
  return escape(v);
}

/** html`<b>${text}</b>`: values are escaped, markup and lists of markup are taken as they are, null is nothing; true and false
 * are those words, as aria attributes want them. */
export function html(strings, ...values) {
  let out = strings[0];
  for (let i = 0; i < values.length; i++) out += part(values[i]) + strings[i + 1];
  return new Markup(out);
}

export const $ = (sel, root = document) => root.querySelector(sel);
export const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];

/** Replaces what is in el, only when it differs; focus inside is kept by id. True when it was replaced. */
export function render(el, markup) {
  const text = part(markup);
  if (el.markup === text) return false;
  const active = document.activeElement;
  const id = active && active !== el && el.contains(active) ? active.id : '';
  const top = el.scrollTop;
  el.innerHTML = policy.createHTML(text);
  el.markup = text;
  if (el.scrollTop !== top) el.scrollTop = top;
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
  return true;
}

/** An element from markup of one element. */
export function element(markup) {
  const t = document.createElement('template');
  t.innerHTML = policy.createHTML(part(markup));
  return t.content.firstElementChild;
}

/** Replaces one element in its place when its markup differs; the new one, or the old. */
export function patch(el, markup, flash = false) {
  const text = part(markup);
  if (el.markup === text) return el;
  const fresh = element(markup);
  fresh.markup = text;
  if (flash) fresh.classList.add('changed');
  const focused = document.activeElement === el;
  el.replaceWith(fresh);
  if (focused) fresh.focus({ preventScroll: true });
  return fresh;
}

/** An icon of the sprite in index.html. */
export const icon = (name, cls = '') => html`<svg class="i ${cls}" aria-hidden="true"><use href="#i-${name}"/></svg>`;
/** A status silhouette in its colour. */
export const sil = (tone, cls = '') =>
  html`<svg class="i ${cls} t-${tone}" aria-hidden="true"><use href="#i-${tone}"/></svg>`;
export const tag = (tone, word) => html`<span class="tag ${tone}">${sil(tone, 's')}<span>${word}</span></span>`;
export const kbd = (k) => html`<kbd>${k}</kbd>`;
export const key = (k, text) => html`<span>${k.split(' ').map(kbd)} ${text}</span>`;
