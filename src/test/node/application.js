'use strict';

// A small application on MySQL Connector/Node.js. It prints what it got to see as JSON; ConnectorNodeIT runs it
// against the server and through the proxy, and compares.
//
// usage: node application.js '{"host":...,"port":...,"user":...,"password":...,"schema":...,"tls":true}', or with "socket" in place of host and port

const mysqlx = require('@mysql/xdevapi');

const wanted = JSON.parse(process.argv[2]);
const seen = [];

function settings (changes) {
  return {
    host: wanted.host,
    port: wanted.port,
    user: wanted.user,
    password: wanted.password,
    connectTimeout: 20000,
    tls: { enabled: wanted.tls },
    // Without TLS the driver would try a mechanism that new servers do not have; on a socket there is another.
    ...(wanted.socket ? { socket: wanted.socket, auth: 'PLAIN' } : {}),
    ...changes
  };
}

async function failure (name, action) {
  try {
    await action();
    seen.push({ [name]: 'no failure' });
  } catch (error) {
    seen.push({ [name]: { code: error.info && error.info.code, severity: error.info && error.info.severity, message: error.message } });
  }
}

async function collections (session) {
  const people = await session.getSchema(wanted.schema).createCollection('people');
  for (let i = 0; i < 10; i++) {
    const added = await people.add({ _id: `p${i}`, name: `n${i}`, age: 20 + i % 4, nested: { list: [i, null, 'x'] } }).execute();
    seen.push(added.getAffectedItemsCount());
  }
  const generated = await people.add({ name: 'x' }, { name: 'y' }).execute();
  seen.push(generated.getGeneratedIds().length);
  seen.push((await people.find('age > :a').bind('a', 21).sort('_id').limit(3).execute()).fetchAll());
  seen.push((await people.modify('age = 22').set('grown', true).execute()).getAffectedItemsCount());
  seen.push((await people.remove('name = "y"').execute()).getAffectedItemsCount());
  seen.push(await people.getOne('p2'), await people.getOne('nobody'), await people.count());
  await failure('duplicate', () => people.add({ _id: 'p1' }).execute());
  // From the second execution on, the driver prepares the statement.
  const find = people.find('age = :a').fields('_id', 'age').sort('_id');
  for (let i = 0; i < 8; i++) {
    seen.push((await find.bind('a', 20 + i % 4).execute()).fetchAll());
  }
  const text = '0123456789abcdef'.repeat(2 << 16);
  await people.add({ _id: 'large', text }).execute();
  seen.push((await people.getOne('large')).text === text);
}

async function tables (session) {
  await session.sql('CREATE TABLE t (i INT PRIMARY KEY, v VARCHAR(20), d DECIMAL(10, 2), at DATETIME)').execute();
  const table = session.getSchema(wanted.schema).getTable('t');
  for (let i = 0; i < 20; i++) {
    await table.insert('i', 'v', 'd', 'at').values(i, `v${i}`, i / 4, '2026-01-02 03:04:05').execute();
  }
  const rows = await table.select('i', 'v', 'd', 'at').where('i >= :low').bind('low', 15).orderBy('i DESC').execute();
  seen.push(rows.fetchAll(), rows.getColumns().map(column => [column.getColumnName(), column.getType()]));
  seen.push((await table.update().set('v', 'new').where('i < 5').execute()).getAffectedItemsCount());
  seen.push((await table.delete().where('i = 3').execute()).getAffectedItemsCount(), await table.count());
}

async function sql (session) {
  await session.sql('CREATE PROCEDURE p() BEGIN SELECT 1 AS a; SELECT i, v FROM t ORDER BY i; END').execute();
  const result = await session.sql('CALL p()').execute();
  do {
    if (result.hasData()) {
      seen.push(result.fetchAll());
    }
  } while (result.nextResult());
  const warned = await session.sql("SELECT CAST('x' AS SIGNED), 1 / 0").execute();
  seen.push(warned.fetchAll(), warned.getWarnings().map(w => [w.code, w.level, w.msg]));
  await failure('syntax', () => session.sql('SELEKT').execute());
  await failure('column', () => session.sql('SELECT nothing').execute());
  let count = 0;
  await session
    .sql('SELECT a.id FROM information_schema.collations a, information_schema.collations b LIMIT 20000')
    .execute(() => { count++; });
  seen.push({ rows: count });
}

async function transactions (session) {
  await session.startTransaction();
  await session.sql('DELETE FROM t').execute();
  const savepoint = await session.setSavepoint();
  await session.sql("INSERT INTO t (i) VALUES (1)").execute();
  await session.rollbackTo(savepoint);
  seen.push((await session.sql('SELECT COUNT(*) FROM t').execute()).fetchOne());
  await session.rollback();
  seen.push((await session.sql('SELECT COUNT(*) FROM t').execute()).fetchOne());
}

async function pool () {
  const client = mysqlx.getClient(settings(), { pooling: { enabled: true, maxSize: 2, queueTimeout: 200 } });
  for (let round = 0; round < 4; round++) {
    const one = await client.getSession();
    const other = await client.getSession();
    seen.push((await one.sql('SELECT @left_over').execute()).fetchOne());
    await one.sql("SET @left_over = 'x'").execute();
    await other.startTransaction();
    const both = await Promise.all([one, other].map(s => s.sql('SELECT 42').execute()));
    seen.push(both.map(result => result.fetchOne()));
    if (round === 0) {
      await failure('full pool', () => client.getSession());
    }
    await one.close();
    await other.close();
  }
  await client.close();
}

async function main () {
  const session = await mysqlx.getSession(settings());
  await session.sql(`DROP SCHEMA IF EXISTS ${wanted.schema}`).execute();
  await session.createSchema(wanted.schema);
  await session.sql(`USE ${wanted.schema}`).execute();
  await collections(session);
  await tables(session);
  await sql(session);
  await transactions(session);
  const many = await Promise.all(Array.from({ length: 50 }, (_, i) => session.sql(`SELECT ${i}`).execute()));
  seen.push(many.map(result => result.fetchOne()[0]));
  await pool();
  await failure('wrong password', () => mysqlx.getSession(settings({ password: 'wrong' })));
  await failure('unknown schema', () => mysqlx.getSession(settings({ schema: 'nosuchschema' })));
  for (const name of ['Mysqlx_ssl_cipher', 'Mysqlx_compression_algorithm']) {
    const [, value] = (await session.sql(`SHOW SESSION STATUS LIKE '${name}'`).execute()).fetchOne();
    seen.push({ [name]: value });
  }
  await session.sql(`DROP SCHEMA ${wanted.schema}`).execute();
  await session.close();
  await failure('closed', () => session.sql('SELECT 1').execute());
}

main().then(
  () => process.stdout.write(JSON.stringify(seen, null, 1), () => process.exit(0)),
  error => {
    process.stderr.write(`${error.stack}\n${JSON.stringify(error.info)}\nafter ${JSON.stringify(seen.slice(-3))}\n`, () => process.exit(1));
  });
