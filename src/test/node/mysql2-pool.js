'use strict';

// Pools of mysql2 that lose a connection. ClassicDriversActIT writes one command per line to the standard input, as JSON, and reads one
// answer per line, also JSON.
//
// {"do":"open","id":1,"port":3306,"user":...,"password":...}
// {"do":"ask","id":1,"sql":"SELECT 1","idle":true}
// {"do":"then","id":1}
// {"do":"close","id":1}

const readline = require('readline');
const mysql = require('mysql2/promise');

const LIMIT = 5000;
const pools = new Map();
const text = error => ([error.code, error.errno, error.sqlState].filter(part => part !== undefined && part !== '').join(' ') || error.name) + ': ' + error.message;

process.on('uncaughtException', error => process.stderr.write(`uncaught ${error.stack}\n`));

async function open ({ id, port, user, password }) {
  const pool = mysql.createPool({ host: '127.0.0.1', port, user, password, connectionLimit: 1 });
  const connection = await pool.getConnection();
  const held = { pool, connection, events: [] };
  connection.connection.on('error', error => held.events.push('event ' + text(error)));
  pools.set(id, held);
  return String((await connection.query('SELECT CONNECTION_ID() AS id'))[0][0].id);
}

/** The driver hears of a loss before anybody asks it. */
async function ended ({ connection }) {
  const deadline = Date.now() + LIMIT;
  while (!connection.connection.stream.destroyed && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

async function ask ({ id, sql, idle }) {
  const held = pools.get(id);
  if (idle) {
    await ended(held);
  }
  const outcome = await held.connection.query(sql).then(() => 'works', text);
  return [...(idle ? held.events : []), outcome].join('; ');
}

async function then ({ id }) {
  const held = pools.get(id);
  const lost = held.connection.connection;
  held.connection.release();
  const kept = held.pool.pool._allConnections.toArray().includes(lost) ? 'kept' : 'thrown out';
  const next = held.pool.query('SELECT 1').then(() => 'works', text);
  const late = new Promise(resolve => setTimeout(resolve, LIMIT, 'no answer').unref());
  return `${kept}; next from the pool: ${await Promise.race([next, late])}`;
}

const close = ({ id }) => pools.get(id).pool.end().then(() => '', () => '');
const commands = { open, ask, then, close };

readline.createInterface({ input: process.stdin }).on('line', line => {
  const command = JSON.parse(line);
  commands[command.do](command)
    .then(answer => ({ id: command.id, answer }), error => ({ id: command.id, failed: error.stack }))
    .then(answer => process.stdout.write(JSON.stringify(answer) + '\n'));
}).on('close', () => process.exit(0));
