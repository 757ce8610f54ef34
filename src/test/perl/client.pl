# An application on DBD::MariaDB that loses its connection. ClassicDriversActIT writes one command per line to the standard input, as
# JSON, and reads one answer per line, also JSON.
#
# {"do":"open","port":3306,"user":...,"password":...}
# {"do":"ask","sql":"SELECT 1"}
# {"do":"then"}
use strict;
use warnings;
use DBI;
use JSON::PP;

$| = 1;
my %connections;

sub ask {
  my ($id, $sql) = @_;
  my $connection = $connections{$id};
  my $statement = $connection->prepare($sql);
  my $rows = $statement && $statement->execute && $statement->{NUM_OF_FIELDS} ? $statement->fetchall_arrayref : undef;
  my $failed = $statement && $statement->err ? $statement : $connection;
  return 'DBI ' . $failed->err . ' ' . $failed->state . ': ' . $failed->errstr if $failed->err;
  return $sql =~ /CONNECTION_ID/ ? "$rows->[0][0]" : 'works';
}

while (my $line = <STDIN>) {
  my $command = decode_json($line);
  my $answer = '';
  if ($command->{do} eq 'open') {
    $connections{ $command->{id} } = DBI->connect(
      "DBI:MariaDB:host=127.0.0.1;port=$command->{port}", $command->{user}, $command->{password},
      { RaiseError => 0, PrintError => 0 });
    $answer = $connections{ $command->{id} } ? ask($command->{id}, 'SELECT CONNECTION_ID()') : DBI->errstr;
  } elsif ($command->{do} eq 'ask') {
    $answer = ask($command->{id}, $command->{sql});
  } elsif ($command->{do} eq 'then') {
    $answer = ask($command->{id}, 'SELECT 1');
  } elsif ($command->{do} eq 'close') {
    delete($connections{ $command->{id} })->disconnect;
  }
  print encode_json({ answer => $answer }), "\n";
}
