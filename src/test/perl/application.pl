# A small application on DBD::MariaDB, and so on libmariadb. It prints what it got to see; LibMariaDbIT runs it against the server and
# through the proxy, and compares.
#
# usage: perl application.pl PORT USER PASSWORD SCHEMA TLS(0 or 1)
use strict;
use warnings;
use DBI;
use Digest::SHA qw(sha256_hex);

my ($port, $user, $password, $schema, $tls) = @ARGV;
my @seen;

sub open_connection {
  my (%changes) = @_;
  my $name = $changes{user} // $user;
  my $secret = $changes{password} // $password;
  my $options = $tls ? ';mariadb_ssl=1;mariadb_ssl_optional=1' : '';
  $options .= ";database=$changes{database}" if $changes{database};
  $options .= ';mariadb_multi_statements=1';
  return DBI->connect("DBI:MariaDB:host=127.0.0.1;port=$port$options", $name, $secret,
    { RaiseError => 0, PrintError => 0, mariadb_server_prepare => $changes{prepare} // 0 });
}

sub text {
  my ($value) = @_;
  return 'NULL' unless defined $value;
  return length($value) > 100 ? sha256_hex($value) . '*' . length($value) : $value;
}

sub rows {
  my ($statement) = @_;
  while (my $row = $statement->fetchrow_arrayref) { push @seen, join '|', map { text($_) } @$row }
  push @seen, 'failed ' . $statement->err . ' ' . $statement->state . ' ' . $statement->errstr if $statement->err;
}

sub failure { my ($handle) = @_; push @seen, 'failed ' . join ' ', map { $_ // '' } $handle->err, $handle->state, $handle->errstr }

sub play {
  my ($connection, $sql, @values) = @_;
  my $statement = $connection->prepare($sql);
  if (!$statement || !defined $statement->execute(@values)) { failure($connection); return }
  push @seen, join ' ', $statement->rows, map { "$_" } @{ $statement->{NAME} // [] };
  do { rows($statement) if $statement->{NUM_OF_FIELDS} } while ($statement->more_results);
  $statement->finish;
}

my $connection = open_connection() or die DBI->errstr;
push @seen, $tls ? 'encrypted' : 'not encrypted' if length($connection->selectrow_array(q(SELECT VARIABLE_VALUE FROM performance_schema.session_status WHERE VARIABLE_NAME = 'Ssl_cipher'))) xor !$tls;
$connection->do("DROP SCHEMA IF EXISTS $schema");
$connection->do("CREATE SCHEMA $schema");
for my $prepare (0, 1) {
  my $one = open_connection(database => $schema, prepare => $prepare) or die DBI->errstr;
  play($one, 'DROP TABLE IF EXISTS t');
  play($one, 'CREATE TABLE t (i INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100), d DECIMAL(20, 4), at DATETIME(6), b LONGBLOB)');
  my $insert = $one->prepare('INSERT INTO t (v, d, at, b) VALUES (?, ?, ?, ?)');
  for my $i (1 .. 50) {
    push @seen, $insert->execute($i % 5 ? "text $i" : undef, '1.25', '2026-11-21 01:02:03.000004', chr($i) x ($i * 1000));
    push @seen, $one->last_insert_id(undef, undef, 't', 'i');
  }
  play($one, 'SELECT * FROM t ORDER BY i');
  play($one, 'SELECT v FROM t WHERE i = ?', $_) for 1 .. 20;
  play($one, 'SELECT * FROM nowhere');
  play($one, 'SELEC 1');
  play($one, 'INSERT INTO t (i) VALUES (1)');
  play($one, "SELECT REPEAT('x', 20000000)");
  $one->begin_work;
  play($one, 'DELETE FROM t');
  $one->rollback;
  my $statement = $one->prepare('SELECT a.i, b.v FROM t a, t b, t c ORDER BY 1, 2', { mariadb_use_result => 1 });
  $statement->execute;
  my ($count, $sum) = (0, 0);
  while (my $row = $statement->fetchrow_arrayref) { $count++; $sum += $row->[0] }
  push @seen, "$count $sum";
  undef $statement;
  push @seen, $one->ping ? 'alive' : 'dead';
  $one->disconnect;
}
my $many = open_connection(database => $schema);
play($many, 'SELECT 1 AS a; UPDATE t SET v = 1 WHERE i = 1; SELECT 2 AS b');
play($many, 'SELECT 1; SELECT * FROM nowhere; SELECT 3');
play($many, 'CREATE PROCEDURE p (n INT) BEGIN SELECT i FROM t WHERE i < n; SELECT n; END');
play($many, 'CALL p(4)');
push @seen, join '|', map { $_ // 'NULL' } map { @$_ } @{ $many->column_info(undef, $schema, 't', '%')->fetchall_arrayref([ 2 .. 8 ]) };
$many->disconnect;
open_connection(password => 'wrong') and die;
push @seen, "failed $DBI::err $DBI::state $DBI::errstr";
open_connection(database => 'nowhere') and die;
push @seen, "failed $DBI::err $DBI::state $DBI::errstr";
$connection->do("DROP SCHEMA $schema");
$connection->disconnect;
print "$_\n" for @seen;
