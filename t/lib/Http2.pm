# Licensed under the Apache License, Version 2.0; see LICENSE.
package Http2;

# HTTP/2. nghttp sends the requests; each returns a Response, as in Client.pm.
#
# A WebSocket by extended CONNECT (RFC 8441) is opened with frames that are made here (RFC
# 9113), because curl and nghttp cannot do that, and Node only from version 20 on. There is
# one stream, with header fields as literals without Huffman codes. Of the response only
# :status is read. It comes first, and the dynamic table is off, so that nothing else has to
# be decoded.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Temp ();
use IO::Socket::INET ();
use IO::Socket::SSL ();
use POSIX ();
use Response ();

our @EXPORT_OK = qw(extended_connect);

# Send a request and return its Response, without the body.
sub send_request {
    my ($tls, $port, $request) = @_;
    my ($method, $path, $body) = @$request{qw(method path body)};
    my ($authority) = map { $_->[1] } grep { $_->[0] eq 'host' } @{ $request->{headers} };
    my @args = ('-v', '-n', '--no-dep', '--no-push', '--timeout=20',
        '-H', ":method: $method", '-H', ':authority: ' . ($authority // "localhost:$port"));
    push @args, map { ('-H', "$_->[0]: $_->[1]") } grep { $_->[0] !~ /\A(?:host|connection|content-length)\z/ } @{ $request->{headers} };
    my $file;
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
    my $printed = do { local $/; <$from> } // '';
    close $from;
    my @responses;
    while ($printed =~ /recv \(stream_id=\d+(?:, \w+)?\) (:?[^\s:][^:]*): ?(.*)\n/g) {
        my ($name, $value) = ($1, $2);
        if ($name eq ':status') { push @responses, Response->new(status => $value) }
        else { push @{ $responses[-1]{headers} }, [ $name, $value ] }
    }
    die "nghttp has no response to $method $path:\n$printed" if !@responses;
    my $response = pop @responses;
    $response->{interim} = \@responses;
    return $response;
}

# --- a WebSocket

use constant { DATA => 0, HEADERS => 1, RESET => 3, SETTINGS => 4, PING => 6, GOAWAY => 7 };
use constant { ACK => 1, END_STREAM => 1, END_HEADERS => 4, PADDED => 8, PRIORITY => 32 };
use constant { HEADER_TABLE_SIZE => 1, ENABLE_CONNECT_PROTOCOL => 8 };

sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1) . pack('CCN', $type, $flags, $stream) . $payload;
}

# A length as HPACK writes it after a byte's first bits (RFC 7541, 5.1).
sub prefixed {
    my ($bits, $first, $value) = @_;
    my $most = (1 << $bits) - 1;
    return chr($first | $value) if $value < $most;
    my $bytes = chr($first | $most);
    for ($value -= $most; $value >= 128; $value >>= 7) { $bytes .= chr(128 | $value & 127) }
    return $bytes . chr $value;
}

sub field { my ($name, $value) = @_; return "\0" . join '', map { prefixed(7, 0, length) . $_ } $name, $value }

# The codes of the digits (RFC 7541, appendix B).
my %digit = ((map { sprintf('%05b', $_) => $_ } 0 .. 2), map { sprintf('%06b', 22 + $_) => $_ } 3 .. 9);

# The status at the beginning of a block of header fields.
sub status {
    my ($block) = @_;
    $block =~ s/\A[\x20-\x3e]+//;    # the table's size, which is 0
    my ($first, $length) = unpack 'CC', $block;
    return (200, 204, 206, 304, 400, 404, 500)[ $first - 0x88 ] if $first >= 0x88 && $first <= 0x8e;
    die sprintf("the answer begins with %s\n", unpack 'H8', $block) if !grep { $first == $_ } 0x48, 0x08, 0x18;
    my $text = substr $block, 2, $length & 127;
    return $text if !($length & 128);
    my $bits = unpack 'B*', $text;
    return join '', map { $bits =~ s/\A([01]{5}(?:(?<=00000|00001|00010)|[01]))// ? $digit{$1} // '?' : '?' } 1 .. 3;
}

# A text frame as a client sends it, masked (RFC 6455, 5.2).
sub masked {
    my ($text) = @_;
    my $mask = "\1\2\3\4";
    return "\x81" . chr(0x80 | length $text) . $mask . ($text ^ substr $mask x length $text, 0, length $text);
}

# Opens a WebSocket and sends "hello". Returns the status with the text of the first frame
# that is received, or with the reason why there is none. The default authority is localhost.
sub extended_connect {
    my ($port, $tls, $path, $origin, $authority) = @_;
    my @to = (PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 20);
    my $socket = $tls
        ? IO::Socket::SSL->new(@to, SSL_verify_mode => 0, SSL_hostname => 'localhost', SSL_alpn_protocols => ['h2'])
        : IO::Socket::INET->new(@to);
    return "none cannot connect: $!" if !$socket;
    return 'none no h2' if $tls && ($socket->alpn_selected // '') ne 'h2';
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no answer in time\n" };
    my $status = 'none';
    my $text = eval {
        alarm 20;
        my $said = converse($socket, $tls, $authority // "localhost:$port", $path, $origin, \$status);
        alarm 0;
        $said;
    };
    alarm 0;
    chomp(my $died = $@);
    return "$status " . ($text // $died);
}

sub converse {
    my ($socket, $tls, $authority, $path, $origin, $status) = @_;
    my ($bytes, $block, $got) = ('', '', '');
    my $next = sub {
        while (1) {
            if (length $bytes >= 9) {
                my ($high, $low, $type, $flags, $stream) = unpack 'CnCCN', $bytes;
                my $length = $high << 16 | $low;
                if (length $bytes >= 9 + $length) {
                    substr $bytes, 0, 9, '';
                    return ($type, $flags, $stream, substr $bytes, 0, $length, '');
                }
            }
            $socket->sysread($bytes, 65536, length $bytes) or die "ended\n";
        }
    };
    my $send = sub { print {$socket} @_ or die "$!\n"; $socket->flush };

    $send->("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0, pack 'nN', HEADER_TABLE_SIZE, 0));
    my $asked = 0;
    while (1) {
        my ($type, $flags, $stream, $payload) = $next->();
        if ($type == SETTINGS && !($flags & ACK)) {
            my %setting = unpack '(nN)*', $payload;
            $send->(frame(SETTINGS, ACK, 0, ''));
            next if $asked++;
            die "no extended CONNECT\n" if !$setting{ +ENABLE_CONNECT_PROTOCOL };
            $send->(frame(HEADERS, END_HEADERS, 1, join '', field(':method', 'CONNECT'), field(':protocol', 'websocket'),
                field(':scheme', $tls ? 'https' : 'http'), field(':path', $path), field(':authority', $authority),
                field('sec-websocket-version', '13'), defined $origin ? field('origin', $origin) : ()));
        }
        elsif ($type == PING && !($flags & ACK)) { $send->(frame(PING, ACK, 0, $payload)) }
        elsif ($type == GOAWAY) { die "GOAWAY\n" }
        next if $stream != 1;
        die "reset\n" if $type == RESET;
        $payload = substr $payload, 1, length($payload) - 1 - ord $payload if $flags & PADDED && $type <= HEADERS;
        if ($type == HEADERS) {
            substr $payload, 0, 5, '' if $flags & PRIORITY;
            $$status = status($payload);
            return 'refused' if $$status ne 200;
            $send->(frame(DATA, 0, 1, masked('hello')));
        }
        elsif ($type == DATA) {
            $got .= $payload;
            my $length = length $got > 1 ? ord(substr $got, 1) & 127 : undef;
            return substr $got, 2, $length if defined $length && length $got >= 2 + $length;
        }
        return 'ended' if $type <= HEADERS && $flags & END_STREAM;
    }
}

1;
