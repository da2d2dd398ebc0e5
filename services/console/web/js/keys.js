/* Single keys. They act only outside of text fields; each screen names its own, the shell the rest. */
import { $, html, element, kbd } from './dom.js';

let screen = [],
  shell = [],
  prefix = '',
  prefixTimer = 0;

/** Keys of the screen that is shown: [{key: 'J', text: 'move down', run(event), more?: true}]. */
export function setScreen(list) {
  screen = list;
  prefix = '';
}
export function setShell(list) {
  shell = list;
}

const typing = (el) =>
  el &&
  (el.isContentEditable ||
    /^(TEXTAREA|SELECT)$/.test(el.tagName) ||
    (el.tagName === 'INPUT' && el.type !== 'checkbox'));

function name(e) {
  const k = e.key === ' ' ? 'Space' : e.key.length === 1 ? e.key.toUpperCase() : e.key;
  const shift = e.shiftKey && (k.length > 1 || /[A-Z]/.test(k));
  return `${e.ctrlKey || e.metaKey ? 'Ctrl+' : ''}${shift ? 'Shift+' : ''}${k}`;
}
const matches = (entry, k) => entry.key.split(' or ').includes(k);

function on(e) {
  if (e.defaultPrevented || e.isComposing || e.altKey) return;
  const dialog = $('dialog[open]');
  const k = name(e);
  if (typing(e.target) && k !== 'Escape' && !k.startsWith('Ctrl+')) return;
  if (dialog) return;
  /* Enter and Space belong to the button or link that has the focus. */
  if ((k === 'Enter' || k === 'Space') && e.target.closest?.('button, a, summary')) return;
  const full = prefix ? `${prefix} ${k}` : k;
  prefix = '';
  const entry = [...screen, ...shell].find((x) => matches(x, full));
  if (!entry) {
    if (k === 'G') {
      prefix = 'G';
      clearTimeout(prefixTimer);
      prefixTimer = setTimeout(() => (prefix = ''), 1500);
      e.preventDefault();
    }
    return;
  }
  if (entry.run(e) !== false) e.preventDefault();
}
export function start() {
  document.addEventListener('keydown', on);
}

/** Map of all keys. */
export function showMap() {
  const rows = (list) =>
    list
      .filter((x) => x.text)
      .map((x) => html`<li><span>${x.text}</span><span>${x.key.split(' or ')[0].split(' ').map(kbd)}</span></li>`);
  const d = element(html`<dialog class="wide" aria-labelledby="keys-t"><header><h2 id="keys-t">Keys</h2>
      <button class="btn icon quiet" data-close aria-label="Close"><svg class="i"><use href="#i-x"/></svg></button>
      </header>
    <div class="body"><div class="keys"><section><h3>This page</h3><ul>${rows(screen)}</ul></section><section>
      <h3>Everywhere</h3><ul>${rows(shell)}</ul></section></div>
    <p class="sub">Keys act only when no text is being typed.</p></div></dialog>`);
  document.body.append(d);
  d.addEventListener('close', () => d.remove());
  d.addEventListener('click', (e) => {
    if (e.target === d || e.target.closest('[data-close]')) d.close();
  });
  d.showModal();
}
