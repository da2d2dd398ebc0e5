/* A session that is over: what was on the screen goes, what was typed stays until the same person is back. */
import { element, html, icon, $ } from './dom.js';
import { post } from './api.js';
import { me } from './me.js';

let shown = false;

export function lockWhenOver() {
  if (shown || !me) return;
  shown = true;
  /* The shell stays in memory, out of the page: nothing of it can be read or reached. */
  const root = $('#root'), kept = [...root.childNodes], focus = document.activeElement;
  root.replaceChildren();
  const d = element(html`<div class="door"><main class="panel"><div class="brand">${icon('logo', 'l')}PriorPath</div><h1>Your session is over</h1>
    <p>Nothing was done for a while, or the console was started anew. What you typed is kept.</p><p role="alert"></p><button class="btn main" id="again">Go on as ${me.name}</button> <a class="btn" href="/" data-plain>Somebody else</a></main></div>`);
  root.append(d);
  $('#again').focus();
  $('#again').addEventListener('click', async () => {
    try {
      await post('sign-in', { user: me.id });
      d.remove();
      root.append(...kept);
      shown = false;
      focus?.focus?.();
    } catch (e) { $('[role="alert"]', d).textContent = `${e.message}. ${e.detail}`; }
  });
}
