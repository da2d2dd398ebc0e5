/* The beginning. */
import * as api from './api.js';
import * as live from './live.js';
import * as me from './me.js';
import * as shell from './shell.js';
import * as signin from './signin.js';
import { work } from './work.js';
import { caseScreen } from './case.js';
import { readiness } from './readiness.js';
import { claims } from './claims.js';
import { messages } from './messages.js';
import { lockWhenOver, watchIdle } from './lock.js';

const root = document.getElementById('root');
if (me.pref('theme')) document.documentElement.dataset.theme = me.pref('theme');

async function start() {
  try {
    await me.load();
  } catch (e) {
    await signin.show(root, e.status === 401 ? undefined : `${e.message}. ${e.detail}`);
    return;
  }
  api.whenSignedOut(lockWhenOver);
  shell.register([work, caseScreen, readiness, claims, messages]);
  live.start();
  shell.start(root);
  watchIdle();
}
start();
