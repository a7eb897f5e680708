// Numbers and words for people. Pure.

export const HEALTHS = ['down', 'unknown', 'saturated', 'up'];
export const MARKS = {up: '●', saturated: '◆', down: '▼', unknown: '?'};

const whole = new Intl.NumberFormat('en');

export function count(n) {
  return whole.format(n);
}

// Three digits are plenty: 0.31 ms, 4.2 ms, 310 ms, 1.5 s.
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '';
  if (seconds >= 0.9995) return `${digits(seconds)} s`;
  return `${digits(seconds * 1000)} ms`;
}

function digits(number) {
  if (number === 0) return '0';
  if (number >= 100) return number.toFixed(0);
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

// One unit, as people say it: "4 s", "12 min", "3 h", "2 d".
export function age(seconds) {
  if (seconds === null || seconds === undefined) return 'never';
  const s = Math.max(0, Math.floor(seconds));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}

export function clock(unixSeconds) {
  if (unixSeconds === null) return 'never';
  const date = new Date(unixSeconds * 1000);
  const two = (n) => String(n).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? time : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

// "Nobody listens at the address." and "Start the responder, or ...": what happened, and what to do.
export function halves(sentence) {
  const end = sentence.search(/[.:] [A-Z]/);
  return end < 0 ? [sentence, ''] : [sentence.slice(0, end + 1), sentence.slice(end + 2)];
}

// The sentence that explains a target's health.
export function explanation(target) {
  if (target.why === null) return ['Not probed yet.', ''];
  if (target.stale) return [`Nothing fresh is known: the last round ended ${age(target.age_seconds)} ago.`, 'Look whether the exporter has descriptors and processor time left.'];
  return halves(target.why.sentence);
}

// The same words as the server's, which writes the page for those without scripts.
export function headline(totals) {
  const {targets, down, saturated, unknown} = totals;
  if (targets === 0) return 'No targets are configured';
  const [n, word] = down ? [down, 'down'] : unknown ? [unknown, 'unknown'] : saturated ? [saturated, 'saturated'] : [0, ''];
  if (n === 0) return targets === 1 ? 'The target is up' : `All ${count(targets)} targets are up`;
  if (targets === 1) return `The target is ${word}`;
  return `${count(n)} of ${count(targets)} targets ${n === 1 ? 'is' : 'are'} ${word}`;
}

export function summary(totals) {
  if (totals.targets === 0) return 'Name one with --fastcgi.target, a configuration file, or --discover.php-fpm.';
  return HEALTHS.filter((health) => totals[health] > 0).map((health) => `${count(totals[health])} ${health}`).join(' · ');
}

export function worst(totals) {
  return totals.targets === 0 ? 'unknown' : HEALTHS.find((health) => totals[health] > 0) ?? 'up';
}
