# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsTest;

# The one httpd of the suite, which Apache::Test starts: requests to its virtual hosts, and
# the lines of its error log. And httpd -t: configurations that must fail, start or warn.
use strict;
use warnings FATAL => 'all';

use Apache::Test ();
use Client ();
use Exporter 'import';
use File::Temp ();
use Httpd ();

our @EXPORT_OK = qw(send_to_suite run_cases config_check config_fails
    config_starts config_warnings names_line log_mark
    log_since backend_mark backend_since);

# A child of httpd that died, or an error that the module reports, fails the
# test file that caused it.
my $started = log_mark();
END {
    my $log = log_since($started);
    # a test may configure a contradiction
    $log =~ s/^.*contradictory-policy.*\n//mg;
    if ($log =~ /^(.*(?:exit signal|AddressSanitizer|cors_policy:(?:warn|error|crit|alert|emerg)).*)$/m) {
        print STDERR "in the error log: $1\n";
        $? ||= 1;
    }
}

# Send a request to a virtual host of the suite's httpd (its default server without
# vhost), and return its Response.
sub send_to_suite {
    my ($method, $path, %send) = @_;
    my $config = Apache::Test::config();
    my $vhost = delete $send{vhost};
    my $port = $vhost ? $config->{vhosts}{$vhost}{port} : $config->{vars}{port};
    return Client::send_request([ h1 => $port ], $method, $path, %send);
}

# A table of cases: name, send (arguments of send_to_suite), code, cors.
sub run_cases {
    for my $case (@_) {
        my $response = send_to_suite(@{ $case->{send} });
        Test::More::is($response->status, $case->{code}, "$case->{name}: status");
        Test::More::is_deeply($response->cors_fields, $case->{cors}, "$case->{name}: headers");
    }
}

# Run httpd -t on a configuration, after the LoadModule lines of base.conf.
# Returns the exit code, standard error (errors), standard output (printed), the file, and
# the number of its lines before the given text.
sub config_check {
    my ($conf, @options) = @_;
    my $dir = Apache::Test::vars('t_logs');
    my $file = File::Temp->new(DIR => $dir, SUFFIX => '.conf');
    my $root = Apache::Test::vars('t_conf');
    open my $base, '<', "$root/base.conf" or die "base.conf: $!";
    my $modules = do { local $/; <$base> };
    my $head = "ServerRoot $dir\nServerName localhost\nPidFile $dir/none.pid\n"
        . "Listen 127.0.0.1:1\nErrorLog $dir/config_log\nDocumentRoot $dir\n";
    my $lines = () = "$head$modules" =~ /\n/g;
    print $file "$head$modules$conf";
    close $file;
    my $name = $file->filename;
    local $ENV{LD_PRELOAD} = $ENV{SANITIZER} if $ENV{SANITIZER};
    my $binary = Httpd::binary();
    my $printed = `$binary -t -f $name @options 2>$name.err`;
    my $code = $? >> 8;
    open my $err, '<', "$name.err" or die "$name.err: $!";
    my $errors = do { local $/; <$err> };
    unlink "$name.err";
    return { code => $code, errors => $errors, printed => $printed, file => $name, before => $lines };
}

# Whether the errors name a line, counted from 1 in the given text.
sub names_line {
    my ($check, $line) = @_;
    my $where = $check->{before} + $line;
    return $check->{errors} =~ /line $where of \Q$check->{file}\E/
        || $check->{errors} =~ /\Q$check->{file}\E:$where\b/;
}

# A configuration that httpd -t must refuse. Its errors name the lines (counted from 1 in the
# given text), have each of the sentences, and none that is given as a reference.
sub config_fails {
    my ($name, $conf, $lines, @sentences) = @_;
    my $check = config_check($conf);
    my @missing = grep { index($check->{errors}, $_) < 0 } grep { !ref } @sentences;

    push @missing, map { "no '$$_'" } grep { ref && index($check->{errors}, $$_) >= 0 } @sentences;

    for my $line (ref $lines ? @$lines : $lines) {
        push @missing, "line $line" if !names_line($check, $line);
    }
    Test::More::ok($check->{code} == 1 && !@missing, "$name: httpd -t reports it")
        or Test::More::diag("exit $check->{code}, missing: @missing\n$check->{errors}");
    return $check;
}

sub config_starts {
    my ($name, $conf) = @_;
    my $check = config_check($conf);
    Test::More::is($check->{code}, 0, "$name: httpd -t finds nothing wrong")
        or Test::More::diag($check->{errors});
}

# The warnings of a configuration: [id, line] of each, in order; a line outside
# of the given text is 0.
sub config_warnings {
    my ($check) = @_;
    my @warnings;
    while ($check->{errors} =~ /^Warning: \S+ (\S+):(\d+): .*\[([a-z0-9-]+)\]$/mg) {
        push @warnings, [ $3, $1 eq $check->{file} ? $2 - $check->{before} : 0 ];
    }
    return @warnings;
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
