/* What people can do, each as a short dialog and one command to the owner of the question. */
import { html } from './dom.js';
import * as fmt from './fmt.js';
import { area, ask, choice, field, text } from './form.js';
import * as live from './live.js';
import { may, me, payer, personName, zone } from './me.js';
import * as undo from './undo.js';

const quiet = () => {};
const skippedNote = (n) =>
  n ? `${fmt.plural(n, 'case')} without an open task ${n === 1 ? 'is' : 'are'} left out.` : '';
const dayAt = (days, hour) => {
  const day = new Date(live.now() + days * fmt.DAY);
  const local = fmt.dayOf(day.getTime(), zone());
  /* The instant of that hour there: the zone's offset is found by asking what time UTC's would be there. */
  const guess = Date.parse(`${local}T${String(hour).padStart(2, '0')}:00:00Z`);
  const there = new Date(guess).toLocaleString('sv-SE', { timeZone: zone() }).replace(' ', 'T');
  return new Date(guess + (guess - Date.parse(`${there}Z`))).toISOString();
};

export function assignTo(who, targets, { done } = {}) {
  const n = targets.length;
  return undo
    .run({
      type: 'task.assign',
      targets,
      args: { assignee: who },
      said: `${n === 1 ? 'Task' : `${n} tasks`} assigned to ${who === me.id ? 'you' : personName(who)}`,
      done,
    })
    .catch(quiet);
}
export function assign(targets, { skipped = 0, done } = {}) {
  if (!may('task.assign')) {
    undo.say('Your role may not assign tasks.', 'none');
    return;
  }
  const people = Object.entries(me.people).map(([k, name]) => [k, k === me.id ? `${name} (you)` : name]);
  const queues = ['authorization', 'registration', 'ordering', 'clinician', 'scheduling', 'billing'].map((q) => [
    `queue:${q}`,
    `${fmt.queue(q)} (queue)`,
  ]);
  ask({
    title: targets.length === 1 ? 'Assign' : `Assign ${targets.length} tasks`,
    label: 'Assign',
    note: skippedNote(skipped),
    body: field('who', 'To', choice('who', [...people, ...queues], me.id, true)),
    submit: (d) => {
      assignTo(d.who, targets, { done });
    },
  });
}
export function snooze(targets, { skipped = 0, done } = {}) {
  if (!may('task.snooze')) {
    undo.say('Your role may not snooze tasks.', 'none');
    return;
  }
  const in3 = new Date(live.now() + 3 * fmt.HOUR).toISOString();
  const times = [
    [in3, `In 3 hours, ${fmt.when(in3, zone(), live.now())}`],
    ...[1, 2, 3, 7].map((d) => [dayAt(d, 8), fmt.when(dayAt(d, 8), zone(), live.now())]),
  ];
  ask({
    title: targets.length === 1 ? 'Snooze' : `Snooze ${targets.length} tasks`,
    label: 'Snooze',
    note: skippedNote(skipped),
    body: field('until', 'Comes back', choice('until', times, times[1][0], true), 'Its due time does not move.'),
    submit: (d) => {
      undo
        .run({
          type: 'task.snooze',
          targets,
          args: { until: d.until },
          said: `Snoozed until ${fmt.when(d.until, zone(), live.now())}`,
          done,
        })
        .catch(quiet);
    },
  });
}

/** A note or a call record. The minutes of a call are counted from the opening of this dialog. */
export function note(c, kind = 'note') {
  if (!may('note.add')) {
    undo.say('Your role may not write notes.', 'none');
    return;
  }
  const began = Date.now(),
    p = payer(c.payer);
  ask({
    title: `${kind === 'call' ? 'Log a call' : 'Write a note'} · ${c.case_no}`,
    label: 'Save',
    body: html`${p?.phone ? html`<p>${p.name}: <a href="tel:${p.phone.replace(/\s/g, '')}">${p.phone}</a></p>` : ''}
      <div class="two">${field(
        'kind',
        'What',
        choice(
          'kind',
          [
            ['call', 'Call'],
            ['portal', 'Portal look-up'],
            ['fax', 'Fax'],
            ['note', 'Note'],
          ],
          kind,
        ),
      )}${field('minutes', 'Minutes', text('minutes', { type: 'number', max: 4 }), 'Empty: counted from now')}</div>
      <div class="two">
        ${field('contact', 'Spoke with', text('contact', { max: 120 }))}${field('reference', 'Their reference', text('reference', { max: 80 }))}</div>
        ${field('text', 'What was said', area('text', { required: true, autofocus: true }))}`,
    submit: (d) => {
      const typed = d.minutes ? Number(d.minutes) : 0;
      if (d.minutes && !(Number.isInteger(typed) && typed > 0 && typed <= 600))
        return { minutes: 'Whole minutes, up to 600' };
      const args = { kind: d.kind, text: d.text.trim() };
      if (d.contact) args.contact = d.contact.trim();
      if (d.reference) args.reference = d.reference.trim();
      if (d.kind === 'call' || typed)
        args.minutes = typed || Math.max(1, Math.round((Date.now() - began) / fmt.MINUTE));
      undo
        .run({
          type: 'note.add',
          targets: [{ id: c.id }],
          args,
          said: d.kind === 'call' ? 'Call logged. The step stays open.' : 'Written to the time line',
        })
        .catch(quiet);
      return null;
    },
  });
}
