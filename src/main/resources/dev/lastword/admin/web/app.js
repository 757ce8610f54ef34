// The page: which view is shown, what is asked for and when, and the overview.

import { asking, closed, confirmed } from './actions.js';
import { get, Live } from './api.js';
import * as chart from './chart.js';
import {
  byId, bytes, cell, clock, count, duration, el, icon, micros, number, table, time, update, words,
} from './dom.js';
import * as evidence from './evidence.js';
import { address, Sheet } from './tables.js';

const POLL_MILLIS = 2_000;
const SLOW_MILLIS = 10_000;
const BACK_OFF_MILLIS = 5_000;
const LATEST = 20;

const VIEWS = ['overview', 'losses', 'sessions', 'listeners', 'events', 'config'];

// What a state looks like, and what it means.
const HEALTH = {
  'unknown': ['unknown', 'not known yet'],
  'alive': ['ok', 'alive'],
  'answers': ['ok', 'answers'],
  'shutting-down': ['warn', 'shutting down'],
  'refused': ['bad', 'refuses connections'],
  'restarted': ['warn', 'restarted'],
  'no-answer': ['bad', 'no answer'],
  'lost-role': ['warn', 'lost its role'],
};
const COUNTERS = {
  Mysqlx_notice_warning_sent: 'warnings',
  Mysqlx_notice_global_sent: 'global notices',
  Mysqlx_notice_other_sent: 'other notices',
  Mysqlx_messages_sent: 'messages',
};
const STATES = ['connecting', 'unauthenticated', 'idle', 'waiting', 'mid-result', 'opaque', 'ended'];
const PROTOCOLS = ['x', 'classic'];
const TOLD = ['notice', 'error', 'error-and-notice', 'nothing'];

let view = 'overview';
let connected = false;
let timer = 0;
let round = 0;
let slowAt = 0;
let lossesKnown = false;
let unansweredSince = null;
let newLosses = 0;

/* The tables. */

const foreign = (value) => el('bdi', {}, String(value ?? ''));
const tag = (holds, text) => (holds ? el('span', { class: 'tag' }, text) : null);
const health = (shape, text) => el('span', { class: 'health' }, icon(shape), text);

/** A button for each row of a table, which says to those who do not see the row which one it is. */
const button = (text, long, act, data, style) => el('button', {
  class: style, 'data-act': act, 'aria-label': long, ...data,
}, text);

const drainButton = (scope, { name, draining }) => {
  const act = draining ? 'undrain' : 'drain';
  const text = draining ? 'Undrain' : 'Drain';
  return button(text, `${text} ${scope} ${name}`, act, { 'data-scope': scope, 'data-name': name });
};

const told = ({ told: how, code, silence, delivery }) =>
  `${words(how)}${silence ? ` (${words(silence)})` : ''} ${code || ''}${
    delivery === 'undeliverable' ? ', undeliverable' : ''}`;

// Of columns: name, label, cell, kind; without a cell it is the value as text.
const named = (name, label, kind) => [name, label, (row) => foreign(row[name]), kind];
const worded = (name, label) => [name, label, (row) => words(row[name])];
const action = (cell) => ['', 'Action', cell, 'plain'];
const where = [['listener', 'Listener', []], ['server', 'Server', []]];

const sheets = {
  sessions: new Sheet('sessions', {
    order: 'id',
    columns: [
      ['id', 'Session', null, 'number'],
      ['state', 'State', (row) => el('span', {}, words(row.state),
        tag(row.in_transaction, 'transaction'), tag(row.half_request, 'half a request'))],
      named('user', 'User'),
      named('client', 'Client', 'address'),
      named('listener', 'Listener'),
      ['server', 'Server', (row) => el('span', {}, foreign(row.server),
        row.connection_id ? el('span', { class: 'muted' }, ` as ${row.connection_id}`) : null), 'address'],
      ['age_seconds', 'Age', (row) => duration(row.age_seconds), 'number'],
      ['bytes_in', 'In', (row) => bytes(row.bytes_in), 'number'],
      ['bytes_out', 'Out', (row) => bytes(row.bytes_out), 'number'],
      action((row) => button('Kill', `Kill session ${row.id}`, 'kill', { 'data-id': row.id }, 'danger')),
    ],
    filters: [['state', 'State', STATES], ['protocol', 'Protocol', PROTOCOLS], ...where, ['user', 'User']],
  }),
  losses: new Sheet('losses', {
    order: '-ended',
    columns: [
      ['ended', 'Time', (row) => time(row.ended)],
      ['id', 'Session', (row) =>
        button(String(row.id), `Explain the loss of session ${row.id}`, 'explain', { 'data-id': row.id }, 'link'), 'number'],
      worded('cause', 'Cause'),
      named('user', 'User'),
      named('client', 'Client', 'address'),
      named('server', 'Server'),
      worded('state', 'State'),
      ['told', 'Told', told],
      ['farewell_micros', 'After', (row) => micros(row.farewell_micros), 'number'],
    ],
    filters: [
      ['cause', 'Cause', chart.CAUSES], ['protocol', 'Protocol', PROTOCOLS], ...where,
      ['told', 'Told', TOLD], ['user', 'User'],
    ],
  }),
  listeners: new Sheet('listeners', {
    columns: [
      named('name', 'Listener'),
      ['accepting', 'State', (row) => (row.draining ? health('drain', 'draining')
        : row.accepting ? health('ok', 'accepts clients') : health('bad', 'accepts nobody'))],
      worded('protocol', 'Protocol'),
      named('address', 'Address', 'address'),
      named('servers', 'Servers'),
      worded('policy', 'Policy'),
      worded('role', 'Role'),
      ['sessions', 'Sessions', (row) => `${number(row.sessions)} of ${number(row.max_sessions)}`, 'number'],
      action((row) => drainButton('listener', row)),
    ],
  }),
  events: new Sheet('events', {
    order: '-id',
    columns: [
      ['at', 'Time', (row) => time(row.at)],
      worded('kind', 'Kind'),
      named('server', 'Server'),
      named('listener', 'Listener'),
      named('text', 'What happened'),
    ],
    filters: where,
  }),
  config: new Sheet('config', {
    page: 1000,
    columns: ['key', 'value'].map((name) =>
      [name, name === 'key' ? 'Key' : 'Value', (row) => el('code', {}, foreign(row[name]))]),
  }),
};

/* What every view shows. */

async function drawProxy() {
  const s = await get('summary');
  byId('version').textContent = s.version;
  const [shape, state] = s.draining ? ['drain', 'draining'] : s.ready ? ['ok', 'ready'] : ['bad', 'not ready'];
  update(byId('proxy'),
    health(shape, el('strong', {}, state)),
    el('span', {}, `up ${duration(s.uptime_seconds)}`),
    el('span', {}, count(s.sessions, 'session')),
    el('span', { class: 'muted' }, 'since ', time(s.started)));
  document.title = `${state === 'ready' ? '' : `${state} - `}Lastword`;
  const button = byId('drain-proxy');
  button.dataset.act = s.draining ? 'undrain' : 'drain';
  button.textContent = s.draining ? 'Undrain proxy' : 'Drain proxy';
}

/* The overview. */

async function drawServers() {
  const { rows, total } = await get('servers', { limit: 200 });
  update(byId('servers'),
    ...rows.map((server) => {
      const [shape, state] = HEALTH[server.state] ?? ['unknown', words(server.state)];
      return el('li', { 'data-key': server.name, class: `card is-${shape}` },
        el('h3', {}, server.name),
        el('p', { class: 'health' }, icon(shape), el('strong', {}, state)),
        server.draining ? el('p', { class: 'health' }, icon('drain'), 'draining') : null,
        el('p', {}, el('a', { href: address('sessions', { server: server.name }) }, count(server.sessions, 'session'))),
        server.detail ? el('p', { class: 'muted' }, server.detail) : null,
        el('p', { class: 'muted addresses' },
          server.x_address ? el('span', {}, `X ${server.x_address}`) : null,
          server.classic_address ? el('span', {}, `classic ${server.classic_address}`) : null),
        drainButton('server', server));
    }),
    total > rows.length ? el('li', { 'data-key': ' more' }, `and ${number(total - rows.length)} more`) : null);
}

async function drawStates() {
  const { total, groups: counts } = await get('sessions', { group: 'state', limit: 1 });
  const states = [...STATES, ...Object.keys(counts).filter((state) => !STATES.includes(state))]
    .filter((state) => counts[state] > 0);
  update(byId('states'),
    el('p', { class: 'total' }, el('strong', {}, number(total)), total === 1 ? ' session' : ' sessions'),
    chart.bar(states.map((state) => [STATES.indexOf(state), counts[state],
      el('a', { href: address('sessions', { state }) }, `${words(state)} ${number(counts[state])}`)])));
}

async function drawNotices() {
  const [status, notices] = await Promise.all([get('status'), get('notices', { limit: 500 })]);
  update(byId('counters'), ...Object.entries(COUNTERS).map(([name, label]) =>
    el('div', { 'data-key': name },
      el('dt', {}, label, el('code', { class: 'muted' }, name)), el('dd', {}, number(status[name])))));
  update(byId('notices'), table('Notices by code and origin',
    ['Type', 'Scope', 'Code', 'Origin', 'Sent'].map((label) => cell(label, 'th')),
    notices.rows.map((n) => el('tr', { 'data-key': [n.type, n.scope, n.code, n.origin] },
      cell(words(n.type)), cell(words(n.scope)), cell(String(n.code || '')), cell(words(n.origin)), cell(n.sent)))));
}

async function drawLosses() {
  const [histogram, latest] = await Promise.all([
    get('losses/histogram', { minutes: 60 }),
    get('losses', { limit: LATEST, order: '-ended' }),
  ]);
  chart.draw(histogram);
  update(byId('latest'), ...(latest.rows.length === 0
    ? [el('li', { class: 'muted' }, 'No session has been lost.')]
    : latest.rows.map((loss) => el('li', { 'data-key': loss.id },
      el('button', { class: 'loss', 'data-act': 'explain', 'data-id': loss.id },
        time(loss.ended), ' ', el('bdi', {}, loss.text))))));
  lossesKnown = true;
}

/* When what is asked for. */

function tasks() {
  if (view !== 'overview') {
    return [drawProxy(), ...(view === 'config' && round > 1 ? [] : [sheets[view].refresh()])];
  }
  const all = [drawProxy(), drawServers(), drawStates()];
  // Losses announce themselves; only the hour moves on.
  const now = Date.now();
  if (!connected || !lossesKnown || now - slowAt >= SLOW_MILLIS) {
    slowAt = now;
    lossesKnown = false;
    all.push(drawLosses());
  }
  all.push(drawNotices());
  return all;
}

async function poll() {
  clearTimeout(timer);
  if (document.hidden) {
    return;
  }
  const mine = ++round;
  const results = await Promise.allSettled(tasks());
  if (mine !== round) {
    return;
  }
  const failed = results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  failed.filter((reason) => reason.status === undefined).forEach((bug) => console.error(bug));
  complain(failed[0]);
  timer = setTimeout(poll, failed.length === 0 ? POLL_MILLIS : BACK_OFF_MILLIS);
}

function complain(problem) {
  const line = byId('trouble');
  if (problem === undefined) {
    unansweredSince = null;
    line.hidden = true;
    return;
  }
  unansweredSince ??= Date.now();
  const said = `${problem.message} What is shown is from ${clock(unansweredSince)}; trying again.`;
  if (line.textContent !== said) {
    line.textContent = said;
  }
  line.hidden = false;
}

const soon = (() => {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(poll, 250);
  };
})();

/* Events. */

const live = new Live(
  (event) => {
    if (event.kind === 'loss') {
      lossesKnown = false;
      newLosses++;
    }
    soon();
  },
  (isConnected) => {
    connected = isConnected;
    update(byId('live'), el('span', { class: isConnected ? 'on' : 'off' },
      icon(isConnected ? 'ok' : 'warn'), isConnected ? 'live' : 'disconnected, retrying'));
        lossesKnown = false;
    if (isConnected) {
      soon();
    }
  },
);

// For those who listen to the page.
setInterval(() => {
  if (newLosses > 0) {
    byId('said').textContent = newLosses === 1 ? '1 new loss' : `${number(newLosses)} new losses`;
    newLosses = 0;
  }
}, 3_000);

/* Where we are. */

function route() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  view = VIEWS.includes(path) ? path : 'overview';
  for (const name of VIEWS) {
    byId(name).hidden = name !== view;
  }
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#/${view}`) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
  round = 0;
  lossesKnown = false;
  sheets[view]?.route(new URLSearchParams(query));
  poll();
  offer(view);
}

/** Fills what can be chosen in the filters of a view. */
async function offer(name) {
  if (!['sessions', 'losses', 'events'].includes(name)) {
    return;
  }
  try {
    for (const names of ['servers', 'listeners']) {
      const { rows } = await get(names, { limit: 1000 });
      sheets[name].offer(names.slice(0, -1), rows.map((row) => row.name));
    }
  } catch {
    // The table says what is wrong.
  }
}

const actions = {
  ...asking,
  explain: (data) => evidence.show(data),
  confirmed: () => confirmed(poll),
  close: (_, button) => button.closest('dialog').close(),
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button === null) {
    return;
  }
  const { act } = button.dataset;
  (actions[act] ?? sheets[view]?.act[act])?.({ ...button.dataset }, button);
});

for (const dialog of document.querySelectorAll('dialog')) {
  dialog.addEventListener('close', () => closed(dialog));
}

document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('main').focus();
});

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    // A browser has few connections for one host, and a tab that nobody sees needs none.
    clearTimeout(timer);
    live.close();
  } else {
    lossesKnown = false;
    live.open();
    poll();
  }
});

window.addEventListener('hashchange', route);
chart.start();
live.open();
route();
