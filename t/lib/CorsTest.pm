# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsTest;

# What every test uses: one exchange with the whole set of CORS headers, a
# configuration that must not start, and what the error log has said since.
use strict;
use warnings FATAL => 'all';

use Apache::TestConfig ();
use Apache::TestRequest ();
use Exporter 'import';
use File::Temp ();
use IO::Socket::INET ();

our @EXPORT_OK = qw(exchange run_cases config_fails config_starts log_mark
    log_since backend_mark backend_since preflight_vary);

# A child of httpd that died, or an error that the module reports, fails the
# test file that caused it.
my $started = log_mark();
END {
    my $log = log_since($started);
    if ($log =~ /^(.*(?:exit signal|AddressSanitizer|cors_policy:(?:warn|error|crit|alert|emerg)).*)$/m) {
        print STDERR "in the error log: $1\n";
        $? ||= 1;
    }
}

sub preflight_vary {
    return vary => 'Origin, Access-Control-Request-Method, '
        . 'Access-Control-Request-Headers';
}

# Send a request to a virtual host (the default server without host) and give
# its status, the Access-Control-* and Vary fields, every other field, the body.
# A field that stands twice is joined with " | ", so that no test passes by it.
sub exchange {
    my ($method, $path, %send) = @_;
    my $config = Apache::Test::config();
    my $vhost = delete $send{vhost};
    my $port = $vhost ? $config->{vhosts}{$vhost}{port} : $config->{vars}{port};
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10)
        or die "cannot connect to $port: $!";
    my %field = (
        host => $send{host} // "localhost:$port", connection => 'close');
    my %name = (
        acrm => 'access-control-request-method',
        acrh => 'access-control-request-headers',
    );
    my $body = delete $send{body};
    delete $send{host};
    my $text = "$method $path HTTP/1.1\r\n";
    $field{ $name{$_} // $_ } = $send{$_} for keys %send;
    $field{'content-length'} = length $body if defined $body;
    for my $key (sort keys %field) {
        my $values = ref $field{$key} ? $field{$key} : [ $field{$key} ];
        $text .= "$key: $_\r\n" for @$values;
    }
    print $socket "$text\r\n" . ($body // '');

    my $answer = '';
    while (sysread $socket, my $piece, 65536) {
        $answer .= $piece;
        last if is_whole($answer);
    }
    my ($head, $rest) = split /\r\n\r\n/, $answer, 2;
    my ($status, @lines) = split /\r\n/, $head // '';
    my ($code) = ($status // '') =~ m{\AHTTP/1\.\d (\d+)};
    my (%cors, %other);
    for my $line (@lines) {
        my ($key, $value) = $line =~ /\A([^:]+):\s*(.*)\z/ or next;
        my $to = lc $key eq 'vary' || $key =~ /\Aaccess-control-/i
            ? \%cors : \%other;
        $to->{lc $key} = defined $to->{lc $key}
            ? "$to->{lc $key} | $value" : $value;
    }
    # httpd sends Vary without blanks
    $cors{vary} =~ s/,\s*/, /g if defined $cors{vary};
    return ($code, \%cors, \%other, $rest);
}

# Whether an answer is complete although the connection stays open.
sub is_whole {
    my ($head, $body) = split /\r\n\r\n/, $_[0], 2;
    return 0 if !defined $body;
    return 1 if $head =~ m{\AHTTP/1\.1 101};
    return $head =~ /^content-length: (\d+)\r?$/im && length $body >= $1;
}

# A table of cases: name, send (arguments of exchange), code, cors.
sub run_cases {
    for my $case (@_) {
        my ($code, $cors) = exchange(@{ $case->{send} });
        Test::More::is($code, $case->{code}, "$case->{name}: status");
        Test::More::is_deeply($cors, $case->{cors}, "$case->{name}: headers");
    }
}

sub config_check {
    my ($conf) = @_;
    my $dir = Apache::Test::vars('t_logs');
    my $file = File::Temp->new(DIR => $dir, SUFFIX => '.conf');
    my $root = Apache::Test::vars('t_conf');
    open my $base, '<', "$root/base.conf" or die "base.conf: $!";
    my $modules = do { local $/; <$base> };
    my $head = "ServerRoot $dir\nServerName localhost\nPidFile $dir/none.pid\n"
        . "Listen 127.0.0.1:1\nErrorLog $dir/config_log\n";
    my $lines = () = "$head$modules" =~ /\n/g;
    print $file "$head$modules$conf";
    close $file;
    my $name = $file->filename;
    my $preload = $ENV{SANITIZER} ? "LD_PRELOAD=$ENV{SANITIZER} " : '';
    my $said = `$preload$ENV{CORS_HTTPD} -t -f $name 2>&1`;
    return ($? >> 8, $said, $name, $lines);
}

# A configuration that httpd -t must refuse, naming the line (counted from 1 in
# the given text) and every one of the sentences.
sub config_fails {
    my ($name, $conf, $line, @sentences) = @_;
    my ($code, $said, $file, $before) = config_check($conf);
    my $where = $before + $line;
    my @missing = grep { index($said, $_) < 0 } @sentences;

    push @missing, "line $where"
        if $said !~ /line $where of \Q$file\E/ && $said !~ /\Q$file\E:$where\b/;
    Test::More::ok($code != 0 && !@missing, "$name: httpd -t says so")
        or Test::More::diag("exit $code, missing: @missing\n$said");
}

sub config_starts {
    my ($name, $conf) = @_;
    my ($code, $said) = config_check($conf);
    Test::More::is($code, 0, "$name: httpd -t finds nothing wrong")
        or Test::More::diag($said);
}

sub mark_of { return -s $_[0] // 0 }

sub since {
    my ($file, $mark) = @_;
    open my $log, '<', $file or die "$file: $!";
    seek $log, $mark, 0;
    local $/;
    return <$log> // '';
}

sub log_mark { return mark_of(Apache::Test::vars('t_logs') . '/error_log') }
sub log_since { return since(Apache::Test::vars('t_logs') . '/error_log', @_) }
sub backend_mark { return mark_of($ENV{CORS_BACKEND_LOG}) }
sub backend_since { return since($ENV{CORS_BACKEND_LOG}, @_) }

1;
