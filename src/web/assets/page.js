// The live page: asks the API, shows what it says, and says so when it does not answer. Without this script the page is a
// plain table that the server wrote; the query string means the same to both.
import {Detail} from './detail.js';
import {element, refill, setAttribute, setText} from './dom.js';
import {HEALTHS, age, clock, count, headline, summary, worst} from './format.js';
import {Rows} from './rows.js';

const POLL_MS = 2000;
const PATIENCE_MS = 8000; // for one answer
const STALE_AFTER_MS = 3 * POLL_MS;
const GRACE_MS = 2 * POLL_MS; // after the page was hidden

const $ = (id) => document.getElementById(id);
const rows = new Rows($('rows'));
const detail = new Detail($('detail'), (name) => ask(`api/v1/targets/${encodeURIComponent(name)}`));
let lastAnswer = performance.now();
let shownSince = lastAnswer;
let timer = null;
let round = 0; // the one whose answers count

async function ask(path) {
  const response = await fetch(path, {headers: {Accept: 'application/json'}, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS)});
  const isOurs = response.headers.get('Content-Type') === 'application/json';
  if (!isOurs || response.status >= 500) throw new Error(`the answer is ${response.status}`);
  return response.json();
}

async function poll() {
  clearTimeout(timer);
  const mine = ++round;
  try {
    const [list, status] = await Promise.all([ask(`api/v1/targets${query()}`), ask('api/v1/status'), detail.refresh()]);
    // Of a filter that means nothing: every target, as the server's page has it, and never what was shown before.
    const shown = list.error ? await ask('api/v1/targets') : list;
    if (mine !== round) return;
    lastAnswer = performance.now();
    setText($('problem'), list.error ?? '');
    show(shown, status);
  } catch {
    if (mine !== round) return;
  }
  showWhetherStale();
  if (!document.hidden) timer = setTimeout(poll, POLL_MS);
}

function query() {
  return location.search;
}

function show(list, status) {
  showStatus(status);
  setText($('headline'), headline(list.totals));
  setText($('summary'), summary(list.totals));
  setAttribute($('verdict'), 'class', `verdict ${worst(list.totals)}`);
  document.title = `${headline(list.totals)} · fastcgi_exporter`;
  for (const health of ['', ...HEALTHS]) setText($(`count-${health || 'all'}`), count(list.totals[health || 'targets']));
  rows.show(list.targets, list.now);
  const isEmpty = list.targets.length === 0;
  $('empty').hidden = !isEmpty;
  if (isEmpty) setText($('empty'), list.totals.targets === 0 ? 'Nothing is watched yet.' : 'No target matches.');
  showPager(list);
}

function showStatus(status) {
  const {config, shard} = status;
  const part = shard.count > 1 ? `shard.index ${shard.index} of ${shard.count} · ` : '';
  const said = config.last_reload_successful
    ? `configuration of ${clock(config.last_reload_success)}`
    : `the new configuration is bad; that of ${clock(config.last_reload_success)} is in force`;
  refill($('about'), [age(status.uptime_seconds), said, status.stuck_workers], () => [
    `up ${age(status.uptime_seconds)} · ${part}`,
    element('span', {class: config.last_reload_successful ? 'good' : 'bad', id: 'config'}, said),
    status.stuck_workers ? element('span', {class: 'bad'}, ` · ${status.stuck_workers} worker loops are stuck: restart the exporter`) : '',
  ]);
}

function showPager({offset, limit, matching, targets}) {
  const link = (text, start, rel) => {
    const parameters = new URLSearchParams(location.search);
    start > 0 ? parameters.set('offset', start) : parameters.delete('offset');
    return element('a', {href: `?${parameters}`, rel, 'data-inside': true}, text);
  };
  refill($('pager'), [offset, limit, matching, location.search], () => [
    offset > 0 ? link('← Worse', Math.max(0, offset - limit), 'prev') : '',
    matching > 0 ? element('span', {}, `${count(offset + 1)}–${count(offset + targets.length)} of ${count(matching)}`) : '',
    offset + limit < matching ? link('Better →', offset + limit, 'next') : '',
  ]);
}

// Old figures must look old: the page says how old, and fades.
function showWhetherStale() {
  const silence = performance.now() - lastAnswer;
  const isStale = silence > STALE_AFTER_MS;
  const isSaid = isStale && performance.now() - shownSince > GRACE_MS;
  document.body.classList.toggle('is-stale', isStale);
  $('unreachable').hidden = !isSaid;
  if (isSaid) {
    setText($('unreachable'), `The exporter does not answer. What you see is ${age(silence / 1000)} old: the targets may be in any state.`);
  }
}

function goTo(parameters) {
  for (const [name, value] of [...parameters]) if (!value) parameters.delete(name);
  const text = parameters.toString();
  history.replaceState(null, '', `${location.pathname}${text ? `?${text}` : ''}`);
  poll();
}

function filter() {
  const form = new FormData($('filters'));
  goTo(new URLSearchParams(['health', 'q', 'label'].map((name) => [name, form.get(name)?.trim() ?? ''])));
}

// A link that somebody has cut off in the middle names nobody, and stops nothing.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function followHash() {
  const name = decoded(location.hash.slice(1));
  if (name && name !== 'targets') detail.open(name);
  else if ($('detail').open) $('detail').close();
}

// The rows that the server wrote lead to the API, for those without scripts.
function leadToDetails() {
  for (const link of document.querySelectorAll('#rows .name a')) link.href = `#${encodeURIComponent(link.textContent)}`;
}

function listen() {
  $('filters').addEventListener('input', filter);
  $('filters').addEventListener('submit', (event) => {
    event.preventDefault();
    filter();
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-label-filter], a[data-inside]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const parameters = new URLSearchParams(new URL(link.href).search);
    if (link.dataset.labelFilter) $('filters').elements.label.value = link.dataset.labelFilter;
    else $('targets').focus();
    link.dataset.labelFilter ? filter() : goTo(parameters);
  });
  window.addEventListener('hashchange', followHash);
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) return;
    shownSince = performance.now();
    showWhetherStale();
    poll();
  });
  setInterval(showWhetherStale, 1000);
}

leadToDetails();
listen();
followHash();
poll();
