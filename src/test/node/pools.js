'use strict';

// Pools of MySQL Connector/Node.js that lose a session. DriversActIT writes one command per line to the standard input, as JSON, and
// reads one answer per line, also JSON.
//
// {"do":"open","id":1,"endpoints":[{"host":...,"port":...,"priority":...}],"user":...,"password":...,"tls":true,"busy":"SELECT SLEEP(30)"}
// {"do":"observe","id":1,"limit":2000,"home":3306,"givesBack":false}
// {"do":"close","id":1}
// {"do":"connect","endpoints":[...],"user":...,"password":...,"limit":2000,"spare":3306}

const diagnostics = require('diagnostics_channel');
const readline = require('readline');
const mysqlx = require('@mysql/xdevapi');

const pools = new Map();
const sockets = [];
diagnostics.subscribe('net.client.socket', ({ socket }) => sockets.push(socket));

const text = error => error.info && error.info.code ? `${error.info.code} ${error.message}` : error.message;

// What nobody catches would end an application.
let uncaught = () => {};
process.on('uncaughtException', error => uncaught('uncaught: ' + text(error)));

/** What an action comes to, within a limit. */
async function outcome (action, limit) {
  const thrown = new Promise(resolve => { uncaught = resolve; });
  let timer;
  const late = new Promise(resolve => { timer = setTimeout(() => resolve('no answer'), limit); });
  const done = Promise.resolve().then(action).then(value => value === undefined ? 'works' : String(value), text);
  const first = await Promise.race([done, thrown, late]);
  clearTimeout(timer);
  return first;
}

const works = async session => { await value(session, 'SELECT 1'); };
const value = async (session, sql) => (await session.sql(sql).execute()).fetchOne()[0];

async function open ({ id, endpoints, user, password, tls, busy, all }) {
  const client = mysqlx.getClient(
    { endpoints, user, password, connectTimeout: 5000, tls: { enabled: tls } },
    { pooling: { enabled: true, maxSize: 5, queueTimeout: 3000 } });
  const before = sockets.length;
  const lost = await client.getSession();
  const pool = { client, lost };
  pool.other = await client.getSession();
  const idle = await client.getSession();
  pool.idleId = await value(idle, 'SELECT CONNECTION_ID()');
  await idle.close();
  pool.sockets = sockets.slice(before, all ? sockets.length : before + 1);
  if (busy) {
    pool.request = value(lost, busy);
    pool.request.catch(() => {});
  }
  pools.set(id, pool);
}

/** Waits until the driver has seen the end of the connections that are lost. */
async function ended (lost, limit) {
  const deadline = Date.now() + limit;
  while (!lost.every(socket => socket.destroyed) && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

async function observe ({ id, limit, home, givesBack }) {
  const pool = pools.get(id);
  const seen = {};
  seen.request = pool.request ? await outcome(() => pool.request, limit) : '-';
  await ended(pool.sockets, limit);
  seen.next = givesBack ? '-' : await outcome(() => works(pool.lost), limit);
  seen.other = givesBack ? '-' : await outcome(() => works(pool.other), limit);
  await outcome(() => pool.lost.close(), limit);
  const where = async () => {
    const session = await pool.client.getSession();
    const port = await value(session, 'SELECT @@port');
    const number = await value(session, 'SELECT CONNECTION_ID()');
    return port !== home ? 'second' : number === pool.idleId ? 'first, pooled' : 'first, new';
  };
  seen.then = await outcome(where, 5000);
  seen.later = await outcome(where, 5000);
  return seen;
}

async function connect ({ endpoints, user, password, limit, spare }) {
  const client = mysqlx.getClient(
    { endpoints, user, password, connectTimeout: 5000, tls: { enabled: true } }, { pooling: { enabled: true } });
  const came = await outcome(
    async () => await value(await client.getSession(), 'SELECT @@port') === spare ? 'second' : 'first', limit);
  await outcome(() => client.close(), 1000);
  return { came };
}

const close = ({ id }) => pools.has(id) ? outcome(() => pools.get(id).client.close(), 1000) : undefined;
const commands = { open, observe, close, connect };

let last = Promise.resolve();
readline.createInterface({ input: process.stdin }).on('line', line => {
  const command = JSON.parse(line);
  last = last
    .then(() => commands[command.do](command))
    .then(answer => answer === undefined || typeof answer === 'string' ? { done: answer || '' } : answer, error => ({ failed: error.stack }))
    .then(answer => process.stdout.write(JSON.stringify(answer) + '\n'));
}).on('close', () => process.exit(0));
