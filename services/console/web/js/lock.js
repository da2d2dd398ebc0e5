/* A session that is over: what was on the screen goes, what was typed stays until the same person is back. */
import { element, html, icon, $ } from './dom.js';
import { get, post } from './api.js';
import { me } from './me.js';
import { say } from './undo.js';

let shown = false,
  acted = Date.now(),
  told = Date.now(),
  warned = false;
const PING_MS = 60000,
  WARN_MS = 60000;

/** Typing without asking anything keeps a session alive, too; and whoever is away is warned a minute before. */
export function watchIdle() {
  for (const type of ['keydown', 'pointerdown', 'wheel', 'pointermove'])
    document.addEventListener(
      type,
      () => {
        acted = Date.now();
        warned = false;
      },
      { passive: true, capture: true },
    );
  setInterval(() => {
    if (shown) return;
    if (acted > told && Date.now() - told > PING_MS) {
      told = Date.now();
      get('me').catch(() => {});
    }
    if (!warned && Date.now() - acted > me.idle_ms - WARN_MS) {
      warned = true;
      say('This page will be locked in a minute. Press any key to stay.', 'act', { until: Date.now() + WARN_MS });
    }
  }, 5000);
}
/** Shift+L: at once. */
export async function lock() {
  try {
    await post('sign-out');
  } finally {
    lockWhenOver();
  }
}

export function lockWhenOver() {
  if (shown || !me) return;
  shown = true;
  /* The shell stays in memory, out of the page: nothing of it can be read or reached. */
  const root = $('#root'),
    kept = [...root.childNodes],
    focus = document.activeElement;
  root.replaceChildren();
  const d = element(html`<div class="door"><main class="panel"><div class="brand">${icon('logo', 'l')}PriorPath</div>
      <h1>Locked</h1>
    <p>You locked it, nothing was done for a while, or the console was started anew. What you typed is kept.</p>
      <p role="alert"></p><button class="btn main" id="again">Go on as ${me.name}</button> <a class="btn" href="/" data-plain>Somebody else</a></main>
      </div>`);
  root.append(d);
  $('#again').focus();
  $('#again').addEventListener('click', async () => {
    try {
      await post('sign-in', { user: me.id });
      d.remove();
      root.append(...kept);
      shown = false;
      focus?.focus?.();
    } catch (e) {
      $('[role="alert"]', d).textContent = `${e.message}. ${e.detail}`;
    }
  });
}
