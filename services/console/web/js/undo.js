/* Acts of people: sent with a key of their own, undone for 20 seconds, or held and stopped. */
import { post, get } from './api.js';
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

/** act: {type, targets: [{id, v, before}], args, said, done(r)}. Resolves when it was taken, not when a held one went. */
export async function run(act) {
  const key = newKey();
  try {
    const r = await post('commands', { key, type: act.type, targets: act.targets, args: act.args ?? {} });
    if (r.state === 'held') {
      pending.set(r.command, act);
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

/* The stream may be down: then the console is asked. */
async function check(command) {
  if (!pending.has(command)) return;
  try {
    const r = await get(`commands/${command}`, {}, { person: false });
    if (r.state === 'held' || r.state === 'sending') setTimeout(() => check(command), 3000);
    else settled(r);
  } catch {
    say('It is not known whether this was sent. Look at the case.', 'act');
  }
}

export async function undo() {
  if (!said?.undo || Date.now() > said.until) {
    say('Nothing to undo.', 'none');
    return;
  }
  const { undo: command, stop, text } = said;
  try {
    const r = await post(`commands/${command}/undo`);
    pending.delete(command);
    const bad = failures(r.undone),
      all = r.undone?.length ?? 0;
    if (bad.length) say(`${all - bad.length} of ${all} undone; ${bad[0].message || 'the rest could not be'}`, 'act');
    else say(stop ? 'Stopped. Nothing was sent.' : `Undone: ${text}`, 'clear');
  } catch (e) {
    say(`${e.message}. ${e.detail}`, 'stop');
  }
}
