// The last rounds of a target as bars: height is the latency, and a round that did not pass is a bar of its own shape.
import {setAttribute, svg} from './dom.js';
import {duration} from './format.js';

const HEIGHT = 24;

export function makeSparkline() {
  const paths = ['pass', 'busy', 'fail', 'repeated'].map((kind) => svg('path', {class: kind}));
  return svg('svg', {class: 'spark', role: 'img', preserveAspectRatio: 'none'}, ...paths);
}

// `classes` and `latencies` as in the API, oldest first; the newest stands at the right of `slots` places.
export function drawSparkline(node, classes, latencies, slots) {
  setAttribute(node, 'viewBox', `0 0 ${slots * 2} ${HEIGHT}`);
  const most = Math.max(...latencies.filter((l) => l !== null), 1e-6);
  const shapes = {pass: '', busy: '', fail: '', repeated: ''};
  classes.forEach((kind, i) => {
    const x = 2 * (slots - classes.length + i);
    const [name, shape] = barOf(kind, latencies[i], most, x);
    shapes[name] += shape;
  });
  for (const path of node.children) setAttribute(path, 'd', shapes[path.getAttribute('class')]);
  setAttribute(node, 'aria-label', inWords(classes, latencies, most));
}

function barOf(kind, latency, most, x) {
  if (latency === null) return [kind === 'pass' ? 'repeated' : kind, bar(x, 0, 4)];
  if (kind === 'fail') return ['fail', bar(x, 0, 16) + bar(x, 18, HEIGHT)]; // broken in two
  if (kind === 'busy') return ['busy', bar(x, 0, HEIGHT)];
  return ['pass', bar(x, 0, Math.max(1.5, (HEIGHT - 2) * Math.sqrt(latency / most)))];
}

function bar(x, from, to) {
  return `M${x} ${round(HEIGHT - to)}h1.4V${round(HEIGHT - from)}h-1.4z`;
}

function round(n) {
  return Math.round(n * 10) / 10;
}

function inWords(classes, latencies, most) {
  if (classes.length === 0) return 'No rounds yet';
  const times = (kind) => classes.filter((c) => c === kind).length;
  const parts = [['pass', 'passed'], ['busy', 'busy'], ['fail', 'failed']]
    .filter(([kind]) => times(kind) > 0).map(([kind, word]) => `${times(kind)} ${word}`);
  const known = latencies.some((l) => l !== null);
  return `Last ${classes.length} rounds: ${parts.join(', ')}${known ? `; at most ${duration(most)}` : ''}`;
}
