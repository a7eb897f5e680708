// The table: one row a target, kept by its name, so that a row that only gets new figures stays the same element.
import {element, refill, setAttribute, setText} from './dom.js';
import {MARKS, age, count, duration, explanation} from './format.js';
import {drawSparkline, makeSparkline} from './sparkline.js';

const RECENT_ROUNDS = 60;

export function badge(health) {
  return element('span', {class: `badge ${health}`}, element('span', {class: 'mark', 'aria-hidden': 'true'}, MARKS[health]), health);
}

export class Rows {
  constructor(body) {
    this.body = body;
    this.rows = new Map();
  }

  // Puts the rows in the order of `targets`; the one with the focus keeps it.
  show(targets, now) {
    if (this.rows.size === 0) this.body.replaceChildren();
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    const before = this.rows;
    this.rows = new Map(targets.map((target) => [target.name, before.get(target.name) ?? makeRow(target)]));
    for (const [name, row] of before) if (!this.rows.has(name)) row.node.remove();
    targets.forEach((target, i) => {
      const row = this.rows.get(target.name);
      if (this.body.children[i] !== row.node) this.body.insertBefore(row.node, this.body.children[i] ?? null);
      drawRow(row, target, now);
    });
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({preventScroll: true});
  }
}

function cell(name, ...children) {
  return element('td', {class: name, role: 'cell'}, ...children);
}

function makeRow(target) {
  const row = {
    health: cell('c-health'),
    source: element('span', {class: 'where'}),
    address: element('div', {class: 'where'}),
    chips: element('div', {class: 'chips'}),
    why: cell('c-why why'),
    spark: makeSparkline(),
    now: element('span', {class: 'now'}),
    phases: element('div', {class: 'phases'}),
    queue: cell('c-queue number'),
    pool: cell('c-pool number'),
    age: cell('c-age number'),
  };
  for (const [node, label] of [[row.queue, 'queue'], [row.pool, 'busy'], [row.age, 'seen']]) node.dataset.label = label;
  const link = element('a', {href: `#${encodeURIComponent(target.name)}`}, target.name);
  row.node = element('tr', {role: 'row'}, row.health, cell('c-target', element('div', {class: 'name'}, link, ' ', row.source), row.address,
    row.chips), row.why, cell('c-latency', element('div', {class: 'latency'}, row.spark, row.now), row.phases), row.queue, row.pool, row.age);
  return row;
}

function drawRow(row, target, now) {
  setAttribute(row.node, 'class', target.health);
  const since = `for ${age(now - target.since)}`;
  refill(row.health, [target.health, since], () => [badge(target.health), element('div', {class: 'since'}, since)]);
  setText(row.source, `from ${target.source}`);
  setText(row.address, target.address);
  refill(row.chips, target.labels, () => Object.entries(target.labels).map(chip));
  refill(row.why, [explanation(target), target.why, target.health], () => explain(target));
  drawSparkline(row.spark, target.recent.class, target.recent.latency_seconds, RECENT_ROUNDS);
  setText(row.now, latest(target));
  setText(row.phases, longestPhases(target.phases_seconds));
  setText(row.queue, target.queue ? `${count(target.queue.connections)} / ${count(target.queue.limit)}` : '–');
  setAttribute(row.queue, 'title', target.queue ? 'connections waiting / places in the accept queue' : 'the accept queue cannot be read from here');
  setText(row.pool, busy(target, now));
  setText(row.age, age(target.age_seconds));
}

function chip([name, value]) {
  const pair = `${name}=${value}`;
  return element('a', {class: 'chip', href: `?label=${encodeURIComponent(pair)}`, 'data-label-filter': pair}, pair);
}

export function explain(target) {
  const [what, advice] = explanation(target);
  const detail = target.why?.class === 'pass' ? '' : target.why?.detail;
  return [
    element('b', {}, what), ' ',
    target.health === 'up' && target.why?.class === 'pass' ? null : element('span', {class: 'do'}, advice),
    detail ? element('div', {class: 'detail-text'}, element('bdi', {}, detail)) : null,
  ].filter((node) => node !== null);
}

function latest(target) {
  const last = target.recent.latency_seconds.at(-1);
  if (last === undefined) return '';
  return last === null ? 'silent' : duration(last);
}

// What took the time, in one line; all five are in the detail.
function longestPhases(phases) {
  if (!phases) return '';
  const longest = Object.entries(phases).filter(([, seconds]) => seconds > 0).sort((a, b) => b[1] - a[1]).slice(0, 2);
  return longest.map(([name, seconds]) => `${name} ${duration(seconds)}`).join(' · ').replace(/ ms(?= ·.* ms$)/, '');
}

// A page from before the trouble began says nothing about it.
export function saysNothing({health, pool, since}, now) {
  return !pool || !pool.fresh || (health !== 'up' && now - pool.age_seconds < since);
}

function busy(target, now) {
  const {pool} = target;
  if (saysNothing(target, now) || pool.active_processes === null) return '–';
  const most = pool.max_children ?? pool.total_processes;
  return most === null ? count(pool.active_processes) : `${count(pool.active_processes)} / ${count(most)}`;
}
