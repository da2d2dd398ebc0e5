/* Times, dates, numbers and names as people read them. Service dates are dates: they never become an instant. */

export const DAY = 86400000,
  HOUR = 3600000,
  MINUTE = 60000;
const formats = new Map();
function fmt(zone, opts) {
  const k = zone + JSON.stringify(opts);
  let f = formats.get(k);
  if (!f) formats.set(k, (f = new Intl.DateTimeFormat('en-US', { timeZone: zone || 'UTC', ...opts })));
  return f;
}
const parts = (ms, zone, opts) =>
  Object.fromEntries(
    fmt(zone, opts)
      .formatToParts(ms)
      .map((p) => [p.type, p.value]),
  );

/** "CT", "ET": zone letters without the season. */
export function zoneLetters(zone, ms) {
  const name = parts(ms, zone, { timeZoneName: 'short' }).timeZoneName || 'UTC';
  return /^[A-Z][SD]T$/.test(name) ? name[0] + 'T' : name;
}

/** Midnight and noon as words. */
export function clockTime(ms, zone, letters = true) {
  const p = parts(ms, zone, { hour: 'numeric', minute: '2-digit', hour12: true });
  let t = `${p.hour}:${p.minute} ${p.dayPeriod}`;
  if (t === '12:00 PM') t = 'noon';
  if (t === '12:00 AM') t = 'midnight';
  return letters ? `${t} ${zoneLetters(zone, ms)}` : t;
}

/** Calendar day there, "2026-11-24". */
export function dayOf(ms, zone) {
  const p = parts(ms, zone, { year: 'numeric', month: '2-digit', day: '2-digit' });
  return `${p.year}-${p.month}-${p.day}`;
}

/** A date as text: "Wed Nov 25", with the year when it is another. */
export function date(text, { weekday = true, thisYear = '' } = {}) {
  if (!text) return '';
  const ms = Date.parse(`${text}T12:00:00Z`);
  const p = parts(ms, 'UTC', { weekday: 'short', month: 'short', day: 'numeric', year: 'numeric' });
  const year = thisYear && !text.startsWith(thisYear) ? `, ${p.year}` : '';
  return `${weekday ? p.weekday + ' ' : ''}${p.month} ${p.day}${year}`;
}

export const daysBetween = (a, b) => Math.round((Date.parse(`${b}T00:00:00Z`) - Date.parse(`${a}T00:00:00Z`)) / DAY);

/** An instant as a clock: "Today 3:00 PM CT", "Thu 2:40 PM ET", "Fri Dec 4, 5:00 PM ET". */
export function when(iso, zone, now) {
  if (!iso) return '';
  const ms = Date.parse(iso);
  const days = daysBetween(dayOf(now, zone), dayOf(ms, zone));
  const t = clockTime(ms, zone);
  if (days === 0) return `Today ${t}`;
  const p = parts(ms, zone, { weekday: 'short', month: 'short', day: 'numeric' });
  return days > -7 && days < 7 ? `${p.weekday} ${t}` : `${p.weekday} ${p.month} ${p.day}, ${t}`;
}

/** "18 min", "3 h 05 min", "3 days 3 h". */
export function span(ms) {
  const m = Math.max(0, Math.floor(ms / MINUTE)),
    h = Math.floor(m / 60),
    d = Math.floor(h / 24);
  if (m < 1) return 'under 1 min';
  if (h < 1) return `${m} min`;
  if (d < 1) return m % 60 ? `${h} h ${String(m % 60).padStart(2, '0')} min` : `${h} h`;
  return `${d} day${d === 1 ? '' : 's'}${h % 24 ? ` ${h % 24} h` : ''}`;
}
/** The same, one unit only. */
export function spanShort(ms) {
  const m = Math.max(0, Math.floor(ms / MINUTE)),
    h = Math.floor(m / 60),
    d = Math.floor(h / 24);
  if (m < 1) return 'now';
  if (h < 1) return `${m} min`;
  if (d < 1) return `${h} h`;
  return `${d} day${d === 1 ? '' : 's'}`;
}
/** How long ago; beyond a day the date. */
export function ago(iso, now, zone) {
  if (!iso) return '';
  const ms = Date.parse(iso);
  return now - ms < DAY ? spanShort(now - ms) : date(dayOf(ms, zone), { weekday: false });
}
/** Due or over, for a clock cell: {text, tone}. */
export function due(iso, zone, now, over) {
  if (!iso) return { text: '', tone: '' };
  const left = Date.parse(iso) - now;
  if (over || left < 0) return { text: `${span(-left)} over`, tone: 'over' };
  return { text: when(iso, zone, now), tone: dayOf(now, zone) === dayOf(Date.parse(iso), zone) ? 'soon' : '' };
}

/** Long machine-made numbers by their two ends. */
export const cut = (t, max = 20) => (t && t.length > max ? `${t.slice(0, 8)}…${t.slice(-4)}` : (t ?? ''));
export const count = (n) => Number(n || 0).toLocaleString('en-US');
/** Money is text; it never becomes a number. */
export function money(text, cents = false) {
  if (!text) return '';
  const [whole, rest = ''] = String(text).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return `$${grouped}${cents ? `.${(rest + '00').slice(0, 2)}` : ''}`;
}
export const plural = (n, one, many = one + 's') => `${count(n)} ${n === 1 ? one : many}`;
/** "L. Tran" -> "LT", "l.tran" -> "LT". */
export const initials = (name) =>
  (name || '')
    .replace(/^(Dr|Prof)\.? /, '')
    .split(/[\s.]+/)
    .filter(Boolean)
    .map((w) => w[0])
    .join('')
    .slice(0, 2)
    .toUpperCase();

const LOB = {
  commercial: 'Commercial',
  ma: 'Medicare Advantage',
  medicare: 'Medicare',
  medicaid_ffs: 'Medicaid',
  medicaid_mco: 'Medicaid MCO',
  exchange: 'Exchange',
  tricare: 'TRICARE',
  workers_comp: 'Workers’ comp',
  auto: 'Auto',
  self_pay: 'Self pay',
  unknown: 'Plan unknown',
};
export const lob = (code) => LOB[code] ?? code ?? '';
const UNITS = { UN: 'unit', MJ: 'minute', DA: 'day', VS: 'visit', HS: 'hour', F2: 'unit' };
/** "2 units", "12 visits"; the number stays text. */
export function units(n, type) {
  if (!n) return '';
  const word = UNITS[type] ?? 'unit';
  return `${n} ${word}${n === '1' ? '' : 's'}`;
}
/** "72148 MRI lumbar spine" -> {code, text}. */
export function service(text) {
  const m = /^([A-Z0-9]{5}) (.+)$/.exec(text || '');
  return m ? { code: m[1], text: m[2] } : { code: '', text: text || 'No service named' };
}
const QUEUES = {
  authorization: 'Authorization',
  registration: 'Registration',
  ordering: 'Ordering',
  clinician: 'Clinician',
  scheduling: 'Scheduling',
  billing: 'Billing',
  payer: 'Payer',
};
export const queue = (q) => QUEUES[q] ?? q ?? '';
