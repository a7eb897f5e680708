// One target, in a dialog: everything that the API says about it. Each part is made anew only when what it shows has changed.
import {element, refill} from './dom.js';
import {age, clock, count, duration} from './format.js';
import {badge, explain, saysNothing} from './rows.js';
import {drawSparkline, makeSparkline} from './sparkline.js';

const SLOTS = 120;

export class Detail {
  constructor(dialog, fetchTarget) {
    this.dialog = dialog;
    this.fetchTarget = fetchTarget;
    this.name = null;
    dialog.addEventListener('close', () => this.closed());
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  }

  open(name) {
    if (this.name === name && this.dialog.open) return;
    this.name = name;
    this.parts = makeParts(name, () => this.dialog.close());
    this.dialog.replaceChildren(this.parts.bar, this.parts.body);
    if (!this.dialog.open) this.dialog.showModal();
    this.refresh().catch(() => {}); // the next poll tries again, and says when nobody answers
  }

  closed() {
    this.name = null;
    if (location.hash) history.pushState(null, '', location.pathname + location.search);
  }

  // What the API says now; throws when it does not answer.
  async refresh() {
    const name = this.name;
    if (name === null) return;
    const answer = await this.fetchTarget(name);
    if (this.name !== name) return;
    if (answer.error) this.parts.message.textContent = answer.error;
    else draw(this.parts, answer);
  }
}

function makeParts(name, close) {
  const part = () => element('section');
  const parts = {
    badge: element('span'), message: element('p', {class: 'lead', role: 'status'}), why: part(), facts: part(), chart: part(), failure: part(),
    checks: part(), rounds: part(), spark: makeSparkline(),
  };
  const button = element('button', {type: 'button'}, 'Close');
  button.addEventListener('click', close);
  parts.bar = element('div', {class: 'bar'}, element('h2', {id: 'detail-name'}, name), parts.badge, button);
  parts.body = element('div', {}, parts.message, parts.why, parts.facts, parts.chart, parts.failure, parts.checks, parts.rounds);
  return parts;
}

function draw(parts, target) {
  parts.message.textContent = '';
  const since = `for ${age(target.now - target.since)}`;
  refill(parts.badge, [target.health, since], () => [badge(target.health), element('span', {class: 'since'}, ` ${since}`)]);
  refill(parts.why, [target.why, target.health, target.stale], () => element('div', {class: 'lead why'}, ...explain(target)));
  refill(parts.facts, factsOf(target), () => facts(target));
  refill(parts.chart, 'chart', () => [element('h3', {}, 'Latency of the last rounds'), parts.spark, element('p', {class: 'scale'})]);
  drawChart(parts, target);
  refill(parts.failure, target.last_failure, () => failure(target.last_failure));
  refill(parts.checks, target.checks, () => checks(target.checks));
  refill(parts.rounds, [target.history.rounds.at(-1), target.history.failures.at(-1)], () => rounds(target.history));
}

function factsOf(target) {
  const {pool, queue} = target;
  const phases = target.phases_seconds ?? {};
  return [
    ['Address', target.address],
    ['Module', target.module],
    ['Named by', target.source],
    ['Labels', Object.entries(target.labels).map(([n, v]) => `${n}=${v}`).join(', ') || 'none'],
    ['Last round', clock(target.last_round)],
    ['Last pass', clock(target.last_success)],
    ['Live', target.live ? 'yes' : 'no: a restart would help'],
    ['Ready', target.ready ? 'yes' : `no: ${target.ready_reason}`],
    ['Accept queue', queue ? `${count(queue.connections)} waiting` : 'cannot be read from here'],
    ['Backlog limit', queue ? count(queue.limit) : 'unknown'],
    ...(pool ? poolFacts(target) : []),
    ['Phases', Object.entries(phases).map(([n, s]) => `${n} ${duration(s)}`).join(' · ') || 'none yet', 'wide'],
  ];
}

function poolFacts(target) {
  const {pool} = target;
  if (saysNothing(target, target.now)) return [['Pool', pool.name], ['Its figures', `${age(pool.age_seconds)} old: not shown`]];
  const known = (n) => (n === null ? 'unknown' : count(n));
  return [
    ['Pool', `${pool.name} (${pool.process_manager})`],
    ['Busy workers', `${known(pool.active_processes)} of ${known(pool.max_children ?? pool.total_processes)}, at most ${known(pool.active_processes_peak)} at once`],
    ['Accepted', `${known(pool.accepted_connections)} connections`],
    ['Slow requests', known(pool.slow_requests)],
  ];
}

function facts(target) {
  return element('dl', {class: 'facts'}, ...factsOf(target).flatMap(([name, value, kind]) =>
    [element('dt', {}, name), element('dd', {class: kind}, element('bdi', {}, value))]));
}

function drawChart(parts, target) {
  const {rounds: all} = target.history;
  const latencies = all.map((round) => round.latency_seconds);
  drawSparkline(parts.spark, all.map((round) => round.class), latencies, SLOTS);
  const most = Math.max(0, ...latencies.filter((l) => l !== null));
  const from = all.length ? age(target.now - all[0].time) : '';
  refill(parts.chart.lastChild, [from, most], () => all.length
    ? [element('span', {}, `${from} ago`), element('span', {}, `highest ${duration(most)}`), element('span', {}, 'now')]
    : [element('span', {}, 'No round has ended yet.')]);
}

function failure(last) {
  if (last === null) return [element('h3', {}, 'Last failure'), element('p', {class: 'where'}, 'None is kept.')];
  const lines = last.transcript.map(({from, record}) => element('li', {},
    element('span', {class: 'who'}, from === 'exporter' ? 'sent ' : 'came '), element('bdi', {}, record)));
  return [
    element('h3', {}, `Last failure: ${last.check}, ${clock(last.time)}`),
    element('p', {}, element('b', {}, last.outcome), ' ', element('bdi', {class: 'detail-text'}, last.detail)),
    lines.length ? scroll('What went over the wire', element('ol', {class: 'wire'}, ...lines))
      : element('p', {class: 'where'}, 'Nothing went over the wire.'),
  ];
}

function scroll(label, ...children) {
  return element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label}, ...children);
}

function table(heads, lines) {
  return element('table', {},
    element('thead', {}, element('tr', {}, ...heads.map(([head, kind]) => element('th', {scope: 'col', class: kind}, head)))),
    element('tbody', {}, ...lines.map((cells) => element('tr', {}, ...cells.map((value, i) => element('td', {class: heads[i][1]}, value))))));
}

function checks(list) {
  const total = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);
  return [element('h3', {}, 'Checks'), scroll('Checks', table(
    [['Check'], ['Last outcome'], ['Last probe'], ['Probes', 'number'], ['Failed', 'number'], ['Skipped', 'number'], ['Late', 'number'], ['Retried', 'number']],
    list.map((check) => [check.name, check.last?.outcome ?? 'none yet', clock(check.last_probe), count(check.probes), count(total(check.failures)),
      count(total(check.skipped)), count(check.late_answers), count(check.retries)])))];
}

function rounds(history) {
  const line = (round) => [clock(round.time), round.outcome, round.repeated ? 'still unanswered' : duration(round.latency_seconds), badge(round.health)];
  const heads = [['Time'], ['Outcome'], ['Latency', 'number'], ['Health after it']];
  const newest = (list) => [...list].reverse().map(line);
  return [
    element('h3', {}, 'Last rounds'), scroll('Last rounds', table(heads, newest(history.rounds))),
    ...(history.failures.length
      ? [element('h3', {class: 'later'}, 'Last rounds that did not pass'), scroll('Last rounds that did not pass', table(heads, newest(history.failures)))]
      : []),
  ];
}
