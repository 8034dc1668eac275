# Licensed under the Apache License, Version 2.0; see LICENSE.
package Client;

# One request over any protocol, and the whole of what came back: raw sockets
# for HTTP/1, plain and over TLS; nghttp for HTTP/2.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Temp ();
use IO::Socket::INET ();
use IO::Socket::SSL ();
use JSON::PP ();
use POSIX ();

our @EXPORT_OK = qw(ask talk raw protocols preflight_vary whole connect_to parse happened);

# How the protocols are called in the names of tests.
my %name = (
    h1 => 'HTTP/1.1', h1s => 'HTTP/1.1 over TLS',
    h2c => 'HTTP/2 in clear', h2 => 'HTTP/2 over TLS',
);
sub protocols { return map { [ $_, $name{$_} ] } @_ }

sub preflight_vary {
    return vary => 'Origin, Access-Control-Request-Method, '
        . 'Access-Control-Request-Headers';
}

my %long = (
    acrm => 'access-control-request-method',
    acrh => 'access-control-request-headers',
);

sub connect_to {
    my ($port, $tls, $host) = @_;
    my @to = (PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 20);
    my $socket = $tls
        ? IO::Socket::SSL->new(@to, SSL_verify_mode => 0,
            SSL_hostname => $host, SSL_alpn_protocols => ['http/1.1'])
        : IO::Socket::INET->new(@to);
    return $socket // die "cannot connect to $port: $!\n";
}

# Whether a single answer is complete although the connection stays open.
sub is_whole {
    my ($head, $body) = split /\r\n\r\n/, $_[0], 2;
    return defined $body && $head =~ /^content-length: (\d+)\r?$/im
        && length $body >= $1;
}

# Send bytes, give every byte that comes back until the server closes.
sub raw {
    my ($port, $bytes, %more) = @_;
    my $socket = connect_to($port, $more{tls}, $more{sni} // 'localhost');
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no answer from $port to: $bytes\n" };
    alarm 30;
    print $socket $bytes;
    my $answer = '';
    # a protocol that was switched has no end
    my $until = $more{until} // qr{\AHTTP/1\.1 101 };
    while ($socket->sysread(my $piece, 65536)) {
        $answer .= $piece;
        last if $answer =~ $until || $more{single} && is_whole($answer);
    }
    alarm 0;
    return $answer;
}

# The text of a request over HTTP/1.1.
sub request {
    my ($port, $method, $path, %send) = @_;
    my %field = (host => "localhost:$port", connection => 'close');
    my $body = delete $send{body};
    $field{ $long{$_} // $_ } = $send{$_} for keys %send;
    $field{'content-length'} //= length $body if defined $body;
    my $text = "$method $path HTTP/1.1\r\n";
    for my $key (sort keys %field) {
        next if !defined $field{$key};
        $text .= "$key: $_\r\n"
            for ref $field{$key} ? @{ $field{$key} } : $field{$key};
    }
    return "$text\r\n" . ($body // '');
}

# Fields of an answer: those of CORS with Vary, all others. What stands twice is
# joined with " | ", so that no comparison passes by it.
sub sorted {
    my (%cors, %other);
    for (@_) {
        my ($key, $value) = (lc $_->[0], $_->[1]);
        my $to = $key eq 'vary' || $key =~ /\Aaccess-control-/ ? \%cors : \%other;
        $to->{$key} = defined $to->{$key} ? "$to->{$key} | $value" : $value;
    }
    # httpd sends Vary without blanks
    $cors{vary} =~ s/,\s*/, /g if defined $cors{vary};
    return (\%cors, \%other);
}

# An answer over HTTP/1: status, CORS fields, other fields, body. Interim
# answers are passed over.
sub parse {
    my ($answer) = @_;
    while ($answer =~ m{\AHTTP/1\.1 10[0-9] } && $answer !~ m{\AHTTP/1\.1 101 }) {
        $answer =~ s/\A.*?\r\n\r\n//s or last;
    }
    my ($head, $body) = split /\r\n\r\n/, $answer, 2;
    my ($status, @lines) = split /\r\n/, $head // '';
    my ($code) = ($status // '') =~ m{\AHTTP/1\.\d (\d+)};
    return ($code, sorted(map { [ /\A([^:]+):\s*(.*)\z/ ? ($1, $2) : () ] } @lines),
        $body // '');
}

# An exchange over HTTP/2, as nghttp tells it.
sub nghttp {
    my ($tls, $port, $method, $path, %send) = @_;
    my $body = delete $send{body};
    my $host = delete $send{host} // "localhost:$port";
    my $file;
    delete @send{qw(connection content-length)};
    my @args = ('-v', '-n', '--no-dep', '--no-push', '--timeout=20',
        '-H', ":method: $method", '-H', ":authority: $host");
    for my $key (sort keys %send) {
        next if !defined $send{$key};
        my $field = $long{$key} // $key;
        push @args, '-H', "$field: $_"
            for ref $send{$key} ? @{ $send{$key} } : $send{$key};
    }
    if (defined $body) {
        $file = File::Temp->new;
        print $file $body;
        close $file;
        push @args, '-d', $file->filename;
    }
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if (!$pid) {
        delete $ENV{LD_PRELOAD};
        open STDERR, '>&', \*STDOUT;
        exec 'nghttp', @args, ($tls ? 'https' : 'http') . "://localhost:$port$path"
            or POSIX::_exit(127);
    }
    my (@fields, $code, @interim);
    my $said = '';
    while (my $line = <$from>) {
        $said .= $line;
        my ($name, $value) = $line
            =~ /recv \(stream_id=\d+(?:, \w+)?\) (:?[^\s:][^:]*): ?(.*)\n/ or next;
        if ($name eq ':status') {
            push @interim, [ $code, sorted(@fields) ] if $code;
            $code = $value;
            @fields = ();
        }
        else { push @fields, [ $name, $value ] }
    }
    close $from;
    die "nghttp tells nothing of $method $path:\n$said" if !$code;
    return ($code, sorted(@fields), '', \@interim);
}

# One exchange. $via: a pair of protocol and port.
sub ask {
    my ($via, $method, $path, %send) = @_;
    my ($protocol, $port) = @$via;
    return nghttp($protocol eq 'h2', $port, $method, $path, %send)
        if $protocol =~ /\Ah2/;
    return parse(talk($via, $method, $path, %send));
}

# The bytes of the answer over HTTP/1.
sub talk {
    my ($via, $method, $path, %send) = @_;
    my ($protocol, $port) = @$via;
    (my $sni = $send{host} // 'localhost') =~ s/:\d+\z//;
    return raw($port, request($port, $method, $path, %send),
        tls => $protocol eq 'h1s', sni => $sni, single => $method ne 'HEAD');
}

# What the status page at /cors-policy says that happened.
sub happened {
    my ($via) = @_;
    my (undef, undef, $other, $body) = ask($via, GET => '/cors-policy?format=json');
    if (($other->{'transfer-encoding'} // '') eq 'chunked') {
        my $whole = '';
        $whole .= substr $body, 0, hex($1), '' while $body =~ s/\A(?:\r\n)?([0-9a-f]+)\r\n//i;
        $body = $whole;
    }
    return JSON::PP->new->decode($body);
}

# Status and CORS fields, as one value to compare.
sub whole {
    my ($code, $cors) = @_;
    return { status => $code // 'none', %$cors };
}

1;
