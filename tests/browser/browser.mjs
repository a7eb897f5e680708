// A headless Chromium that does what it is told: a JSON object a line on stdin, {"do": NAME, ...}, and its answer on stdout,
// {"result": ...} or {"error": TEXT}. tests/support/browser.py is the other end. BROWSER_MODULES names the installed packages.
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';
import process from 'node:process';

const require = createRequire(`${process.env.BROWSER_MODULES}/`);
const {chromium} = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');

const LIMIT_MS = 60_000;
const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];

const browser = await chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS});
let context = null;
let page = null;
let problems = [];
let requests = 0;
let release = null;

const deeds = {
  // A fresh context: no cache, no state of the page before. With `hold`, a regular expression, what the page asks of addresses
  // that match is sent only after release.
  async open({url, scheme = 'light', scripts = true, width = 1280, height = 900, clock = false, hold = null}) {
    await context?.close();
    problems = [];
    requests = 0;
    context = await browser.newContext({colorScheme: scheme, javaScriptEnabled: scripts, viewport: {width, height}, bypassCSP: false});
    page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', () => requests++);
    if (clock) await page.clock.install();
    if (hold) {
      const released = new Promise((resolve) => (release = resolve));
      await page.route(new RegExp(hold), (route) => released.then(() => route.continue()));
    }
    await page.goto(url);
  },
  release: () => release(),
  // Until the first element that matches has the text, or is gone for text null.
  async wait({selector, text}) {
    await (text === null ? page.locator(selector).first().waitFor({state: 'hidden'})
      : page.locator(selector).filter({hasText: text}).first().waitFor());
  },
  texts: ({selector}) => page.locator(selector).allInnerTexts(),
  click: ({selector}) => page.locator(selector).first().click(),
  fill: ({selector, text}) => page.locator(selector).first().fill(text),
  press: ({key}) => page.keyboard.press(key),
  evaluate: ({code}) => page.evaluate(code),
  scheme: ({scheme}) => page.emulateMedia({colorScheme: scheme}),
  pass_: ({ms}) => page.clock.runFor(ms),
  requests: () => requests,
  url: () => page.url(),
  problems: () => problems,
  async screenshot({path}) {
    await page.screenshot({path, animations: 'disabled'});
  },
  // What axe finds wrong, as "rule: element".
  async axe() {
    await page.evaluate(require('node:fs').readFileSync(axe, 'utf8'));
    const found = await page.evaluate(() => globalThis.axe.run());
    return found.violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.html}\n${node.failureSummary}`));
  },
};

for await (const line of createInterface({input: process.stdin})) {
  const {do: name, ...options} = JSON.parse(line);
  let answer;
  try {
    answer = {result: (await deeds[name](options)) ?? null};
  } catch (error) {
    answer = {error: String(error.stack ?? error)};
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
