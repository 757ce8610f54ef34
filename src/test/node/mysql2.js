'use strict';

// A small application on mysql2. It prints what it got to see as JSON; Mysql2IT runs it against the server and through the proxy, and
// compares.
//
// usage: node mysql2.js '{"port":...,"user":...,"password":...,"schema":...,"tls":true}'

const crypto = require('crypto');
const { Readable } = require('stream');
const mysql = require('mysql2/promise');
const callbacks = require('mysql2');

const wanted = JSON.parse(process.argv[2]);
const seen = [];

const settings = changes => ({
  host: '127.0.0.1',
  port: wanted.port,
  user: wanted.user,
  password: wanted.password,
  connectTimeout: 20000,
  ...(wanted.tls ? { ssl: { rejectUnauthorized: false } } : {}),
  ...changes
});

const digest = value => crypto.createHash('sha256').update(value).digest('hex');

async function attempt (name, action) {
  try {
    seen.push({ [name]: await action() });
  } catch (error) {
    seen.push({ [name]: { code: error.code, errno: error.errno, state: error.sqlState, message: error.message, fatal: error.fatal } });
  }
}

const columns = fields => fields && fields.map(field => field && [field.name, field.columnType, field.flags, field.columnLength]);

async function queries (connection) {
  await connection.query('CREATE TABLE t (i INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50), d DECIMAL(20, 4), at DATETIME(3), j JSON, b BLOB, big BIGINT UNSIGNED)');
  for (let i = 0; i < 30; i++) {
    const [added] = await connection.query('INSERT INTO t (v, d, at, j, b, big) VALUES (?, ?, ?, ?, ?, ?)',
      [i % 4 ? `v \u20ac ${i}` : null, '12.3456', new Date(Date.UTC(2026, 10, 21, 1, 2, 3, i)), JSON.stringify({ i }), Buffer.from([0, i, 255]), '18446744073709551615']);
    seen.push([added.insertId, added.affectedRows, added.serverStatus]);
  }
  const [rows, fields] = await connection.query({ sql: 'SELECT * FROM t ORDER BY i', supportBigNumbers: true });
  seen.push(rows, columns(fields));
  seen.push((await connection.query({ sql: 'SELECT 1 AS a, 2 AS a', rowsAsArray: true }))[0]);
  await attempt('no table', () => connection.query('SELECT * FROM nowhere'));
  await attempt('no syntax', () => connection.query('SELEC 1'));
  await attempt('twice', () => connection.query('INSERT INTO t (i) VALUES (1)'));
  await attempt('one statement', () => connection.query('SELECT 1; SELECT 2'));
}

async function prepared (connection) {
  for (let i = 0; i < 40; i++) {
    const [rows, fields] = await connection.execute('SELECT i, v, d, at, b, ? AS p FROM t WHERE i > ? ORDER BY i LIMIT 3', [i % 2 ? 'text' : i, i]);
    seen.push(rows, i === 0 ? columns(fields) : 0);
  }
  for (let i = 0; i < 300; i++) {
    seen.push((await connection.execute(`SELECT ? + ${i} AS n`, [i]))[0]);
    connection.unprepare(`SELECT ? + ${i} AS n`);
  }
  const statement = await connection.prepare('INSERT INTO t (v) VALUES (?)');
  for (const value of ['one', null, 'x'.repeat(60), 'four']) {
    await attempt('prepared', async () => (await statement.execute([value]))[0].affectedRows);
  }
  await statement.close();
  await attempt('bad', () => connection.prepare('SELECT * FROM nowhere'));
}

async function manyAtOnce (connection) {
  // The driver queues these, and sends the next when the last is answered.
  const all = [];
  for (let i = 0; i < 100; i++) {
    all.push(i % 10 === 5 ? connection.query('SELECT * FROM nowhere').catch(error => error.errno) : connection.query('SELECT ? AS n', [i]).then(([rows]) => rows));
  }
  seen.push(await Promise.all(all));
}

async function results (connection) {
  await connection.query('CREATE PROCEDURE p (IN n INT, OUT found INT) BEGIN SELECT i FROM t WHERE i <= n; SELECT v FROM t WHERE i = n; SET found = n; END');
  seen.push((await connection.query('CALL p(3, @found); SELECT @found'))[0]);
  seen.push((await connection.execute('CALL p(?, @found)', [2]))[0]);
  seen.push((await connection.query('SELECT 1 AS a; UPDATE t SET v = \'new\' WHERE i = 1; SELECT 2 AS b'))[0]);
  await attempt('the second fails', () => connection.query('SELECT 1; SELECT * FROM nowhere; SELECT 3'));
}

async function streams () {
  const connection = callbacks.createConnection(settings({ database: wanted.schema }));
  const hash = crypto.createHash('sha256');
  let count = 0;
  await new Promise((resolve, reject) => {
    connection.query('SELECT a.i, b.v, REPEAT(a.i, 100) AS long_text FROM t a, t b, t c ORDER BY 1, 2').stream({ highWaterMark: 5 })
      .on('data', row => { count++; hash.update(JSON.stringify(row)); }).on('end', resolve).on('error', reject);
  });
  seen.push(count, hash.digest('hex'));
  await new Promise(resolve => connection.end(resolve));
}

async function infile (connection) {
  await connection.query('CREATE TABLE l (i INT, v VARCHAR(100))');
  const lines = Array.from({ length: 20000 }, (_, i) => `${i}\ttext ${i * 7}\n`);
  await attempt('load', async () => (await connection.query({ sql: 'LOAD DATA LOCAL INFILE "lines" INTO TABLE l', infileStreamFactory: () => Readable.from(lines.map(line => Buffer.from(line)), { objectMode: false }) }))[0].affectedRows);
  await attempt('refuse', () => connection.query('LOAD DATA LOCAL INFILE "lines" INTO TABLE l'));
  seen.push((await connection.query('SELECT COUNT(*), SUM(CRC32(v)) FROM l'))[0]);
}

async function transactions (connection) {
  await connection.beginTransaction();
  await connection.query('DELETE FROM t');
  await connection.rollback();
  await connection.beginTransaction();
  await connection.query('DELETE FROM t WHERE i = 1');
  await connection.commit();
  seen.push((await connection.query('SELECT COUNT(*) AS n FROM t'))[0]);
}

async function bigPackets (connection) {
  await connection.query('CREATE TABLE big (b LONGBLOB)');
  for (const size of [16777214, 16777215, 33000000]) {
    const bytes = Buffer.alloc(size, `${size} bytes`);
    await attempt('insert', async () => (await connection.execute('INSERT INTO big VALUES (?)', [bytes]))[0].affectedRows);
    await attempt('select', async () => (await connection.query('SELECT b FROM big'))[0].map(row => digest(row.b)));
    await connection.query('DELETE FROM big');
  }
}

async function users (connection) {
  await connection.query('DROP USER IF EXISTS node_user');
  await connection.query('CREATE USER node_user IDENTIFIED BY \'secret\'');
  await connection.query('SET @mine = 1');
  const who = 'SELECT SUBSTRING_INDEX(USER(), \'@\', 1) AS who, @mine AS mine, DATABASE() AS d';
  const other = await mysql.createConnection(settings());
  await attempt('change', () => other.changeUser({ user: 'node_user', password: 'secret' }));
  await attempt('who', async () => (await other.query(who))[0]);
  await attempt('change back', () => other.changeUser({ user: wanted.user, password: wanted.password, database: wanted.schema }));
  await attempt('who', async () => (await other.query(who))[0]);
  await attempt('reset', () => other.reset());
  await attempt('ping', () => other.ping());
  other.on('error', () => {});
  await attempt('wrong', () => other.changeUser({ user: 'node_user', password: 'wrong' }));
  await attempt('after', () => other.query('SELECT 1'));
  other.destroy();
  await attempt('wrong password', () => mysql.createConnection(settings({ password: 'wrong' })));
  await attempt('no schema', () => mysql.createConnection(settings({ database: 'nowhere' })));
  await connection.query('DROP USER node_user');
}

async function pools () {
  const pool = mysql.createPool(settings({ connectionLimit: 4, database: wanted.schema }));
  const all = await Promise.all(Array.from({ length: 60 }, (_, i) => pool.execute('SELECT ? AS n', [i])));
  seen.push(all.map(([rows]) => rows[0].n));
  await pool.end();
}

async function main () {
  const connection = await mysql.createConnection(settings({ multipleStatements: false, maxPreparedStatements: 10 }));
  await connection.query(`DROP SCHEMA IF EXISTS ${wanted.schema}`);
  await connection.query(`CREATE SCHEMA ${wanted.schema}`);
  await connection.changeUser({ database: wanted.schema });
  const many = await mysql.createConnection(settings({ multipleStatements: true, database: wanted.schema }));
  await queries(connection);
  await prepared(connection);
  await manyAtOnce(connection);
  await results(many);
  await streams();
  await infile(connection);
  await transactions(connection);
  await bigPackets(connection);
  await users(connection);
  await pools();
  await many.end();
  await connection.query(`DROP SCHEMA ${wanted.schema}`);
  await connection.end();
  process.stdout.write(JSON.stringify(seen, null, 1));
}

main().catch(error => { console.error(error); process.exit(1); });
