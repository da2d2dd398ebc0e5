/* Who is signed in, and what things are called. */
import { get } from './api.js';
import { html } from './dom.js';
import { setClock } from './live.js';
import { initials, queue } from './fmt.js';

export let me = null;

export async function load() {
  me = await get('me');
  setClock(me.now, me.speed);
  return me;
}
export const may = (type) => !!me?.may.includes(type);
export const zone = () => me?.zone ?? 'America/Chicago';
export const siteName = (id) => me?.site_names[id]?.name ?? id ?? '';
export const siteZone = (id) => me?.site_names[id]?.zone ?? zone();
export const payer = (id) => me?.payers[id];
export const payerName = (id, name) => me?.payers[id]?.name ?? name ?? id ?? '';
export const payerZone = (id) => me?.payers[id]?.zone || zone();
/** A person, a queue, or the payer, by the name people use. */
export const personName = (id) => (id?.startsWith('queue:') ? queue(id.slice(6)) : (me?.people[id] ?? queue(id)));
export const personInitials = (id) => initials(me?.people[id] ?? id);

/** Initials of a person in a disc; one's own is filled. */
export const chip = (id) =>
  html`<span class="who ${id === me.id ? 'me' : ''}" title="${personName(id)}">${personInitials(id)}</span>`;

const PREFS = 'priorpath.prefs';
const prefs = (() => {
  try {
    return JSON.parse(localStorage.getItem(PREFS)) ?? {};
  } catch {
    return {};
  }
})();
/** Preferences only: nothing about a person is ever stored in the browser. */
export const pref = (k, dflt) => prefs[k] ?? dflt;
export function setPref(k, v) {
  prefs[k] = v;
  try {
    localStorage.setItem(PREFS, JSON.stringify(prefs));
  } catch {
    /* kept for this page only */
  }
}

/** Details are hidden by not being written into the page at all. */
let peeking = false;
export const hidden = () => pref('hidden', false) && !peeking;
export function setPeeking(on) {
  peeking = on;
}
export const conceal = (text) => (hidden() ? '••' : text);
/** Sentences keep their words; numbers of authorizations, requests and orders in them go. */
export const mask = (text) =>
  hidden()
    ? String(text ?? '').replace(/\b(?=[A-Za-z0-9-]*\d)[A-Za-z0-9]+(?:-?[A-Za-z0-9]+)*\b/g, (t) =>
        t.length > 5 ? '••' : t,
      )
    : text;
/** "M.R. ··4821" */
export const patientName = (p) =>
  hidden()
    ? '••'
    : `${
        (p?.initials ?? '')
          .split('')
          .map((c) => `${c}.`)
          .join('') || '?'
      } ··${p?.tail ?? ''}`;
/** "67 F" */
export const patientAge = (p) =>
  hidden() ? '••' : [p?.age, (p?.sex ?? '').replace(/[ou]/i, '').toUpperCase()].filter((x) => x || x === 0).join(' ');
