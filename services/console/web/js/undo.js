/* Acts of people: sent with a key of their own, undone for 20 seconds, or stopped while they wait with their owner. */
import { post } from './api.js';
import { listen } from './live.js';

let said = null; /* {text, tone, undo: command, until, stop, link} */
let onSay = () => {};
export const current = () => said;
export function whenSaid(fn) {
  onSay = fn;
}

export function say(text, tone = 'clear', more = {}) {
  said = { text, tone, at: Date.now(), ...more };
  onSay();
}

/** UUID from the browser's random numbers; crypto.randomUUID is missing on plain HTTP. */
function newKey() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const h = [...b].map((x) => x.toString(16).padStart(2, '0')).join('');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

const pending = new Map(); /* command -> act */

function failures(list) {
  return (list ?? []).filter((o) => !o.ok);
}

function report(act, r) {
  const list = r.outcomes ?? [],
    bad = failures(list);
  if (bad.length) {
    const why = bad[0].message || 'it was refused';
    say(
      list.length === 1 ? `Not done: ${why}` : `${list.length - bad.length} of ${list.length} done; ${why}`,
      'stop',
      r.undo_ms && bad.length < list.length ? { undo: r.command, until: Date.now() + r.undo_ms } : {},
    );
  } else if (r.undo_ms) say(act.said, 'clear', { undo: r.command, until: Date.now() + r.undo_ms });
  else say(act.said, 'clear');
  act.done?.(r);
}

const body = (key, act) => ({ key, type: act.type, targets: act.targets, args: act.args ?? {} });
const later = (ms) => new Promise((go) => setTimeout(go, ms));

/** The same key is one act, so what did not reach the console is given again. */
async function give(key, act) {
  for (let tries = 1; ; tries++)
    try {
      return await post('commands', body(key, act));
    } catch (e) {
      if (tries === TRIES || (e.status !== 0 && e.status !== 502 && e.status !== 503)) throw e;
      await later(1500);
    }
}
const TRIES = 3;
const ASK_MS = 3000;
const GIVE_UP_MS = 600000;

/** act: {type, targets: [{id, v, before}], args, said, done(r)}. Resolves when it was taken, not when a held one went. */
export async function run(act) {
  const key = newKey();
  try {
    const r = await give(key, act);
    if (r.state === 'held') {
      pending.set(r.command, { ...act, key, at: Date.now() });
      say(act.held ?? act.said, 'wait', { undo: r.command, until: Date.now() + r.sends_in_ms, stop: true });
      setTimeout(() => check(r.command), r.sends_in_ms + 4000);
      return r;
    }
    report(act, r);
    return r;
  } catch (e) {
    say(`${e.message}${e.detail ? `: ${e.detail}` : ''}`, 'stop');
    throw e;
  }
}

function settled(r) {
  const act = pending.get(r.command);
  if (!act || (r.state !== 'sent' && r.state !== 'stopped')) return;
  pending.delete(r.command);
  if (r.state === 'sent') report(act, r);
}
listen((m) => {
  if (m.type === 'command') settled(m.data);
});

/* The stream may be down, the console may have started anew: the same act again is answered with what became of it. */
async function check(command) {
  const act = pending.get(command);
  if (!act) return;
  if (Date.now() - act.at > GIVE_UP_MS) {
    pending.delete(command);
    say('It is not known whether this was done. Look at the case.', 'act');
    return;
  }
  try {
    settled(await post('commands', body(act.key, act)));
  } catch {
    /* Nobody is signed in, or nobody answers: again later. */
  }
  if (pending.has(command)) setTimeout(() => check(command), ASK_MS);
}

export async function undo() {
  if (!said?.undo || Date.now() > said.until) {
    say('Nothing to undo.', 'none');
    return;
  }
  const { undo: command, stop, text } = said;
  const act = pending.get(command);
  try {
    const r = await post(`commands/${command}/undo`, act ? { type: act.type, targets: act.targets } : {});
    if (r.state !== 'held') pending.delete(command);
    const bad = failures(r.undone),
      all = r.undone?.length ?? 0;
    const again = r.state === 'held' && r.sends_in_ms > 0 ? { undo: command, until: Date.now() + r.sends_in_ms, stop } : {};
    if (bad.length)
      say(`${all - bad.length} of ${all} undone; ${bad[0].message || 'the rest could not be'}`, 'act', again);
    else if (r.state === 'held') say('Asked to stop it; its owner has not answered yet.', 'act');
    else say(stop ? 'Stopped. Nothing was sent.' : `Undone: ${text}`, 'clear');
  } catch (e) {
    say(`${e.message}. ${e.detail}`, 'stop');
  }
}
