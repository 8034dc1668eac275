# Licensed under the Apache License, Version 2.0; see LICENSE.
package Client;

# The HTTP client of the tests. It sends exactly the fields that a test names, in any
# spelling, and shows every byte of the response; HTTP libraries do neither. HTTP/1.1
# is implemented here, HTTP/2 by Http2.pm; both return a Response.
#
# Most tests need one function, which opens a connection for one request:
#
#     my $to = [ h1 => $port ];       # h1, h1s (TLS), h2c (HTTP/2 in clear), h2
#     is_deeply(cors_response($to, GET => '/a', origin => 'https://app.example'),
#         { status => 200, vary => 'Origin' }, 'another origin gets no CORS header');
#
# Fields are named in lower case; acrm and acrh are short for the two
# Access-Control-Request-* fields, body is the body. A list sends a field several
# times, undef omits one that is sent otherwise (Host, Connection: close).
#
# Client->new($port) keeps its connection open over many requests.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Http2 ();
use IO::Socket::INET ();
use IO::Socket::SSL ();
use JSON::PP ();
use Response ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);

our @EXPORT_OK = qw(send_request cors_response response_bytes send_bytes parse_response connect_to
    status_data protocols preflight_vary handshake_fields);

# --- one request

# Send a request and return its Response.
sub send_request {
    my ($to, $method, $path, %send) = @_;
    my ($protocol, $port) = @$to;
    my $body = delete $send{body};
    my %long = (acrm => 'access-control-request-method', acrh => 'access-control-request-headers');
    my %field = (host => "localhost:$port", connection => 'close', map { ($long{$_} // $_) => $send{$_} } keys %send);
    my @headers = map { my $name = $_; map { [ $name, $_ ] } ref $field{$name} ? @{ $field{$name} } : $field{$name} }
        grep { defined $field{$_} } sort keys %field;
    my $request = { method => $method, path => $path, headers => \@headers, body => $body };
    return Http2::send_request($protocol eq 'h2', $port, $request) if $protocol =~ /\Ah2/;
    my $host = ref $field{host} ? $field{host}[0] : $field{host} // 'localhost';
    return Client->new($port, tls => $protocol eq 'h1s', name => $host =~ s/:\d+\z//r, once => 1)->request($request);
}

# Send a request and return its status and CORS fields, as Response::cors does.
sub cors_response { return send_request(@_)->cors }

# Send a request over HTTP/1.1 and return the bytes of its response.
sub response_bytes { return send_request(@_)->bytes }

# Send bytes that need not be HTTP, over TLS with tls => 1. Return all that comes back until
# the server closes the connection, switches the protocol, or the text matches until.
sub send_bytes {
    my ($port, $bytes, %more) = @_;
    my $socket = connect_to($port, $more{tls}, 'localhost');
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no answer from $port to: $bytes\n" };
    alarm 30;
    print $socket $bytes;
    my $answer = '';
    my $until = $more{until} // qr{\AHTTP/1\.1 101 };
    while ($socket->sysread($answer, 65536, length $answer)) {
        last if $answer =~ $until;
    }
    alarm 0;
    return $answer;
}

# The Response that bytes are.
sub parse_response {
    my ($bytes) = @_;
    my $self = bless { buffer => $bytes, used => '', closed => 1 }, __PACKAGE__;
    return $self->read_response // Response->new(bytes => $bytes);
}

sub connect_to {
    my ($port, $tls, $name) = @_;
    my @to = (PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 20);
    my $socket = $tls
        ? IO::Socket::SSL->new(@to, SSL_verify_mode => 0, SSL_hostname => $name, SSL_alpn_protocols => ['http/1.1'])
        : IO::Socket::INET->new(@to);
    die "cannot connect to $port: $!\n" if !$socket;
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    return $socket;
}

# --- many requests on one connection

# tls    whether the connection is encrypted
# name   the server name that is sent in its handshake
# once   for one request only: a connection that ends is not opened again
sub new {
    my ($class, $port, %more) = @_;
    return bless { port => $port, buffer => '', used => '', %more }, $class;
}

sub request_text {
    my ($request) = @_;
    my @headers = @{ $request->{headers} };
    unshift @headers, [ Host => $request->{authority} ] if defined $request->{authority};
    push @headers, [ 'Content-Length' => length $request->{body} ]
        if defined $request->{body} && !grep { lc $_->[0] eq 'content-length' } @headers;
    return join '', "$request->{method} $request->{path} HTTP/1.1\r\n", (map { "$_->[0]: $_->[1]\r\n" } @headers), "\r\n", $request->{body} // '';
}

# Send a request and return its Response. The request is a hash: method, path, headers
# (a list of pairs), authority (the value of Host, if that is not among them), body. If
# the server has closed the connection meanwhile, it is opened again.
sub request {
    my ($self, $request) = @_;
    my $text = request_text($request);
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no answer from $self->{port} to: $text\n" };
    for my $attempt (1, 2) {
        alarm 60;
        $self->{used} = '';
        my $response = $self->write_bytes($text) && $self->read_response($request->{method});
        alarm 0;
        return $response if $response;
        delete $self->{socket};
        return Response->new(bytes => $self->{used} . $self->{buffer}) if $self->{once};
    }
    die "the connection ends after: $text\n";
}

# Send bytes on the connection, which is opened if it is not; for several requests at a
# time, whose responses read_response() returns in turn.
sub write_bytes {
    my ($self, $bytes) = @_;
    if (!$self->{socket}) {
        $self->{socket} = connect_to(@$self{qw(port tls name)});
        @$self{qw(buffer closed)} = ('', 0);
    }
    return $self->{socket}->print($bytes);
}

# The next response, or undef if the connection ends before the end of its head. Interim
# responses are skipped. If a body is cut, the received part is returned.
sub read_response {
    my ($self, $method) = @_;
    $method //= 'GET';
    my (@interim, $status, @headers);
    while (1) {
        $self->fill_buffer while !$self->{closed} && $self->{buffer} !~ /\r\n\r\n/;
        my $end = index $self->{buffer}, "\r\n\r\n";
        return if $end < 0;
        (my $line, @headers) = split /\r\n/, $self->take_bytes($end + 4);
        ($status) = $line =~ m{\AHTTP/1\.\d (\d+)} or die "this is not a response: $line\n";
        @headers = map { [ /\A([^:]+):\s*(.*)\z/s ? ($1, $2) : ($_, '') ] } @headers;
        last if $status !~ /\A1/ || $status == 101;
        push @interim, Response->new(status => $status, headers => [@headers]);
    }
    my $response = Response->new(status => $status, headers => \@headers, interim => \@interim);
    $response->{body} = $self->read_body($response) if $method ne 'HEAD' && $status !~ /\A(?:101|204|304)\z/;
    if (($response->field('connection') // '') =~ /close/i) {
        # whatever the server adds to a response is among its bytes
        $self->fill_buffer while !$self->{closed};
        $self->take_bytes(length $self->{buffer});
    }
    delete $self->{socket} if $self->{closed} || $status == 101;
    $response->{bytes} = $self->{used};
    return $response;
}

sub read_body {
    my ($self, $response) = @_;
    if (($response->field('transfer-encoding') // '') =~ /\bchunked\b/i) {
        my $body = '';
        while ($self->take_line =~ /\A([0-9a-f]+)/i && hex $1) {
            $body .= $self->take_bytes(hex $1);
            $self->take_bytes(2);
        }
        1 while length $self->take_line > 2; # fields behind the body
        return $body;
    }
    my $length = $response->field('content-length');
    return $self->take_bytes($length) if defined $length;
    $self->fill_buffer while !$self->{closed};
    return $self->take_bytes(length $self->{buffer});
}

sub fill_buffer {
    my ($self) = @_;
    $self->{closed} = 1 if !$self->{socket}->sysread($self->{buffer}, 65536, length $self->{buffer});
}

# The given number of bytes, or all bytes until the connection ends.
sub take_bytes {
    my ($self, $count) = @_;
    $self->fill_buffer while !$self->{closed} && length $self->{buffer} < $count;
    my $bytes = substr $self->{buffer}, 0, $count, '';
    $self->{used} .= $bytes;
    return $bytes;
}

sub take_line {
    my ($self) = @_;
    $self->fill_buffer while !$self->{closed} && $self->{buffer} !~ /\r\n/;
    my $end = index $self->{buffer}, "\r\n";
    return $end < 0 ? '' : $self->take_bytes($end + 2);
}

# --- what tests send and expect

# Pairs of a protocol and its name in test descriptions.
sub protocols {
    my %name = (
        h1 => 'HTTP/1.1', h1s => 'HTTP/1.1 over TLS',
        h2c => 'HTTP/2 in clear', h2 => 'HTTP/2 over TLS',
    );
    return map { [ $_, $name{$_} ] } @_;
}

# The Vary field of every response to a preflight.
sub preflight_vary {
    return vary => 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
}

# The fields of a WebSocket handshake.
sub handshake_fields {
    return (upgrade => 'websocket', connection => 'Upgrade',
        'sec-websocket-key' => 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version' => 13);
}

# The data of the status page at /cors-policy: counts, refusals, sections.
sub status_data {
    my ($to) = @_;
    return JSON::PP->new->decode(send_request($to, GET => '/cors-policy?format=json')->body);
}

1;
