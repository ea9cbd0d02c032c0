// A client that shows pages of MCP Apps, as small as the specification allows: a page of one origin, with the app in a sandboxed frame of
// another, under the policy that the specification says for what the resource declares.

import { readFile } from 'node:fs/promises';
import { PAGE_MS_MAX } from './browser.mjs';

const HOST = 'https://chat.test/';
const SANDBOX = 'https://sandbox.test/';

/** By the specification's own construction. */
function policyOf(csp) {
  const [resources, connections] = [(csp.resourceDomains ?? []).join(' '), (csp.connectDomains ?? []).join(' ')];
  return [
    `default-src 'none'`,
    `script-src 'self' 'unsafe-inline' ${resources}`,
    `style-src 'self' 'unsafe-inline' ${resources}`,
    `connect-src ${connections || "'none'"}`,
    `img-src 'self' data: ${resources}`,
    `frame-src 'none'`,
    `object-src 'none'`,
    `base-uri 'self'`,
  ].join('; ');
}

/** Opens the client, with the resource's content in its frame. `call` answers what the app calls. */
export async function openChat(browser, { text, _meta }, call, { host = {}, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 800, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_MS_MAX);
  page.requests = [];
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  await context.route('**', (route) => {
    const url = route.request().url();
    page.requests.push(url);
    const html = (body, headers = {}) => route.fulfill({ contentType: 'text/html; charset=utf-8', body, headers });
    if (url === HOST) return readFile(new URL('chat.html', import.meta.url), 'utf8').then((body) => html(body));
    if (url === SANDBOX) return html(text, { 'content-security-policy': policyOf(_meta.ui.csp) });
    return route.abort();
  });
  await page.exposeFunction('callTool', call);
  await page.addInitScript((value) => (window.hostSays = value), host);
  await page.goto(HOST);
  await page.waitForFunction(() => window.isInitialized);
  page.app = page.frames().find((frame) => frame.url() === SANDBOX);
  return page;
}

/** Tells the app something. */
export const tell = (page, method, params) => page.evaluate(([method, params]) => window.tell(method, params), [method, params]);
