'use strict';

// Asks the SQL endpoint over both protocols, with mysql2 and with Connector/Node.js, and prints what it got to see as JSON.
//
// usage: node sql-endpoint.js '{"port":...,"user":...,"password":...}'

const mysql2 = require('mysql2/promise');
const mysqlx = require('@mysql/xdevapi');

const wanted = JSON.parse(process.argv[2]);

async function classic () {
  const connection = await mysql2.createConnection({ host: '127.0.0.1', port: wanted.port, user: wanted.user, password: wanted.password, database: 'lastword' });
  const [status] = await connection.query("SHOW GLOBAL STATUS LIKE 'Mysqlx_notice%'");
  // Numbers come as doubles from here, also that of LIMIT.
  const [listeners] = await connection.execute('SELECT name, protocol FROM listeners WHERE name <> ? ORDER BY name LIMIT ?', ['none', 5]);
  const refusal = await connection.query('SELECT * FROM nonesuch').catch(error => error.code);
  await connection.end();
  return { status: status.map(row => row.Variable_name), listeners, refusal };
}

async function x () {
  const session = await mysqlx.getSession({ host: '127.0.0.1', port: wanted.port, user: wanted.user, password: wanted.password, schema: 'lastword', tls: { enabled: wanted.tls } });
  const listeners = await session.sql('SELECT name, protocol FROM listeners WHERE name <> ? ORDER BY name').bind('none').execute();
  const refusal = await session.sql('SELECT * FROM nonesuch').execute().catch(error => error.info.code);
  await session.close();
  return { listeners: listeners.fetchAll(), refusal };
}

async function main () {
  console.log(JSON.stringify({ classic: await classic(), x: await x() }));
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
