#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# backend.pl DIR PARENT PROGRAMS PORT TYPE [PORT TYPE ...]
#
# The program behind the page of make fleet-demo. It runs PostgreSQL (PROGRAMS is the
# directory of initdb and postgres) below DIR, changes its table, and asks the servers at
# the ports for their state. It listens on a socket in DIR/backend. PostgreSQL ends with it,
# and it ends with PARENT.

# The reactor of EV would take the status of PostgreSQL's end from waitpid().
BEGIN { $ENV{MOJO_REACTOR} = 'Mojo::Reactor::Poll' }
use Mojolicious::Lite -signatures;
use DBI                ();
use Mojo::Date          ();
use Mojo::File         qw(path);
use Mojo::IOLoop       ();
use Mojo::Promise      ();
use Mojo::Util         qw(url_escape);
use POSIX              ();
use Time::HiRes        qw(sleep time);

my ($dir, $parent, $programs, @servers) = @ARGV;
die "usage: backend.pl DIR PARENT PROGRAMS PORT TYPE [PORT TYPE ...]\n" if !@servers || @servers % 2;

my $origin = 'https://new.example';
my @good   = map {"https://$_.example"} qw(app shop status);
my @bad    = ('https://app.example/path', 'https://Shop.example', 'status.example');

# PostgreSQL does not run as root.
sub become ($name) {
    my ($uid, $gid) = (getpwnam $name)[2, 3];
    die "user $name does not exist\n" unless defined $uid;
    $( = $gid;
    $) = "$gid $gid";
    POSIX::setuid($uid);
    die "cannot become $name\n" if $> != $uid || $< != $uid;
    return;
}
become($ENV{DEMO_USER}) if $> == 0 && $ENV{DEMO_USER};
umask 077;

# --- PostgreSQL -------------------------------------------------------------

my $home = "$dir/database";    # the socket is here: it has no port
my $owner = $$;
my $postgres;

sub run_or_die (@command) {
    my $pid = fork // die "fork: $!\n";
    exec_logged(@command) if !$pid;
    waitpid $pid, 0;
    die "$command[0] failed: ", path("$home/log")->slurp if $?;
    return;
}

sub exec_logged (@command) {
    open STDIN,  '<',  '/dev/null';
    open STDOUT, '>>', "$home/log";
    open STDERR, '>&', \*STDOUT;
    exec @command or POSIX::_exit(127);
}

sub connect_as ($user) {
    return DBI->connect("dbi:Pg:host=$home;dbname=postgres;user=$user", '', '',
        { RaiseError => 1, PrintError => 0, AutoCommit => 1 });
}

sub is_running () {
    undef $postgres if $postgres && waitpid($postgres, POSIX::WNOHANG()) == $postgres;
    return defined $postgres;
}

sub start_database () {
    return if is_running();
    $postgres = fork // die "fork: $!\n";
    exec_logged("$programs/postgres", '-D', "$home/data", '-k', $home, '-h', '',
        map { ('-c', $_) } qw(unix_socket_permissions=0700 fsync=off jit=off max_connections=30
            shared_buffers=16MB dynamic_shared_memory_type=mmap logging_collector=off))
        if !$postgres;
    for (1 .. 300) {
        return if eval { connect_as('demo')->disconnect };
        last   if !is_running();
        sleep 0.05;
    }
    die 'PostgreSQL does not start: ', path("$home/log")->slurp;
}

sub stop_database () {
    return if !is_running();
    # first end all sessions, then, after ten seconds, all processes
    for my $signal ('INT', 'QUIT') {
        kill $signal => $postgres;
        for (1 .. 200) {
            return if !is_running();
            sleep 0.05;
        }
    }
    die "PostgreSQL does not end\n";
}

sub change (@statements) {
    my $database = connect_as('demo');
    $database->begin_work;
    $database->do($_->[0], undef, @$_[1 .. $#$_]) for @statements;
    $database->commit;
    $database->disconnect;
    return;
}

sub fill (@rows) {
    return change(['DELETE FROM cors_origins'],
        map { ['INSERT INTO cors_origins VALUES (?)', $_] } @rows);
}

# The table as it is, or undef.
sub read_database () {
    return undef if !is_running();
    return eval {
        my $database = connect_as('cors');
        my ($version) = $database->selectrow_array('SELECT version FROM cors_version');
        my $rows = $database->selectcol_arrayref('SELECT origin FROM cors_origins WHERE active ORDER BY origin');
        $database->disconnect;
        { version => "$version", rows => $rows };
    };
}

# --- the servers ------------------------------------------------------------

app->ua->connect_timeout(2)->request_timeout(3)->max_redirects(0);

# What a server answers to a request of the origin.
sub ask_permission ($server) {
    return app->ua->get_p("$server->{url}/api/hello.json", { Origin => $origin })->then(
        sub ($exchange) {
            my $allow = $exchange->res->headers->header('Access-Control-Allow-Origin');
            return {
                allowed => ($allow // '') eq $origin ? \1 : \0,
                answer  => 'status ' . $exchange->res->code . ', '
                    . (defined $allow ? "Access-Control-Allow-Origin: $allow" : 'no Access-Control-Allow-Origin'),
            };
        }
    );
}

sub ask_status ($server) {
    return app->ua->get_p("$server->{url}/cors-policy?format=json&view=policies")->then(
        sub ($exchange) {
            my ($list) = grep { ($_->{name} // '') eq 'customers' } @{ $exchange->res->json->{lists} };
            die "no list\n" if !$list;
            return { list => $list, confirmed_at => $list->{confirmed_at} };
        }
    );
}

my $number = 0;
my @fleet;
while (my ($port, $type) = splice @servers, 0, 2) {
    push @fleet, { name => 'Server ' . ++$number, type => $type, url => "http://127.0.0.1:$port" };
}

sub ask_server ($server) {
    return Mojo::Promise->all(ask_status($server), ask_permission($server))->then(
        sub ($status, $permission) { return { %$server, $status->[0]->%*, $permission->[0]->%* } },
        sub ($error) { return { %$server, list => undef, confirmed_at => undef, allowed => \0, answer => "no answer: $error" } }
    );
}

# A server is in step if it has the list of the server with the newest version.
sub compare (@states) {
    my @lists = grep { $_ && defined $_->{sum} } map { $_->{list} } @states;
    my ($newest, $sum) = (-1, '');
    for my $list (@lists) {
        my $version = "$list->{list_version}" + 0;
        ($newest, $sum) = ($version, $list->{sum}) if $version > $newest;
    }
    $_->{in_step} = $_->{list} && ($_->{list}{sum} // '') eq $sum ? \1 : \0 for @states;
    return @lists == @states && !(grep { !${ $_->{in_step} } } @states) ? \1 : \0;
}

# --- the page ---------------------------------------------------------------

my %actions = (
    add     => sub { change(['INSERT INTO cors_origins VALUES (?) ON CONFLICT DO NOTHING', $origin]) },
    remove  => sub { change(['DELETE FROM cors_origins WHERE origin = ?', $origin]) },
    empty   => sub { fill() },
    bad     => sub { fill(@bad) },
    good    => sub { fill(@good) },
    stop    => \&stop_database,
    start   => \&start_database,
    restart => sub { stop_database(); start_database() },
);

app->mode('production');
app->log->level('warn');

get '/fleet/state' => sub ($c) {
    $c->render_later;
    Mojo::Promise->all(map { ask_server($_) } @fleet)->then(
        sub (@states) {
            @states = map { $_->[0] } @states;
            my $in_step = compare(@states);
            $c->render(json => { origin => $origin, database => read_database(), in_step => $in_step, servers => \@states });
        }
    )->catch(sub ($error) { $c->render(json => { error => "$error" }, status => 500) });
};

post '/fleet/:button' => [ button => [ keys %actions ] ] => sub ($c) {
    my $action = $c->param('button');
    return $c->render(json => { error => 'PostgreSQL is stopped' }, status => 409)
        if !is_running() && $action !~ /start\z/;
    my $done = eval { $actions{$action}->(); 1 };
    return $c->render(json => { error => "$@" }, status => 500) if !$done;
    return $c->render(json => { done => $action, database => read_database() });
};

any '/*rest' => { rest => '' } => sub ($c) {
    $c->render(json => { error => 'nothing here' }, status => 404);
};

END {
    if ($owner == $$ && $postgres) {
        my $status = $?;
        eval { stop_database() } or warn $@;
        $? = $status;
    }
}
$SIG{TERM} = $SIG{INT} = sub { exit 1 };

run_or_die("$programs/initdb", '--pgdata', "$home/data", qw(--username demo --encoding UTF8 --locale C --no-sync --auth trust));
start_database();
my $database = connect_as('demo');
$database->do(path("$dir/schema.sql")->slurp);
$database->disconnect;
fill(@good);

Mojo::IOLoop->recurring(1 => sub { Mojo::IOLoop->stop if getppid() != $parent });
app->start('daemon', '-l', 'http+unix://' . url_escape("$dir/backend/socket"));
