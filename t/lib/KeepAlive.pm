# Licensed under the Apache License, Version 2.0; see LICENSE.
package KeepAlive;

# Many requests over one connection, and of each answer its status, every header
# and its body.
use strict;
use warnings FATAL => 'all';

use IO::Socket::INET ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);

sub new {
    my ($class, $port) = @_;
    return bless { port => $port, buffer => '' }, $class;
}

sub open_connection {
    my ($self) = @_;
    $self->{socket} = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 20)
        // die "cannot connect to $self->{port}: $!\n";
    setsockopt $self->{socket}, IPPROTO_TCP, TCP_NODELAY, 1;
    $self->{buffer} = '';
}

sub text_of {
    my ($request) = @_;
    my $text = "$request->{method} $request->{path} HTTP/1.1\r\nHost: $request->{authority}\r\n";
    $text .= "$_->[0]: $_->[1]\r\n" for @{ $request->{headers} };
    $text .= 'Content-Length: ' . length($request->{body}) . "\r\n" if defined $request->{body};
    return "$text\r\n" . ($request->{body} // '');
}

# One exchange. A connection that the server has closed meanwhile is opened anew.
sub ask {
    my ($self, $request) = @_;
    my $text = text_of($request);
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no answer to: $text\n" };
    for my $attempt (1, 2) {
        $self->open_connection if !$self->{socket};
        alarm 60;
        my $sent = syswrite $self->{socket}, $text;
        my $answer = $sent && $self->answer($request->{method});
        alarm 0;
        return $answer if $answer;
        delete $self->{socket};
    }
    die "the connection ends after: $text\n";
}

sub answer {
    my ($self, $method) = @_;
    my ($status, @headers);
    my $body = '';
    do {
        $self->fill while !$self->{closed} && $self->{buffer} !~ /\r\n\r\n/;
        my $head;
        ($head, $self->{buffer}) = split /\r\n\r\n/, $self->{buffer}, 2;
        if (!defined $self->{buffer}) { $self->{buffer} = ''; $self->{closed} = 0; return }
        ($status, @headers) = split /\r\n/, $head;
        ($status) = $status =~ m{\AHTTP/1\.1 (\d+)} or die "no answer: $head\n";
        @headers = map { [ split /:\s*/, $_, 2 ] } @headers;
    } while $status =~ /\A1/ && $status != 101;
    my %is = map { lc $_->[0] => lc $_->[1] } @headers;
    if ($method ne 'HEAD' && $status !~ /\A(?:1..|204|304)\z/) {
        if (($is{'transfer-encoding'} // '') eq 'chunked') {
            while (1) {
                $self->fill while !$self->{closed} && $self->{buffer} !~ /\A([0-9a-fA-F]+)[^\r]*\r\n/;
                my ($size) = $self->{buffer} =~ s/\A([0-9a-fA-F]+)[^\r]*\r\n// ? hex $1 : die "a chunk is missing\n";
                $body .= substr $self->take($size + 2), 0, $size;
                last if !$size;
            }
        }
        elsif (defined $is{'content-length'}) { $body = $self->take($is{'content-length'}) }
        else {
            $self->fill while !$self->{closed};
            ($body, $self->{buffer}) = ($self->{buffer}, '');
        }
    }
    delete $self->{socket} if $self->{closed} || ($is{connection} // '') =~ /close/ || $status == 101;
    $self->{closed} = 0;
    return { status => $status, headers => \@headers, body => $body };
}

sub fill {
    my ($self) = @_;
    $self->{closed} = 1 if !sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
}

sub take {
    my ($self, $size) = @_;
    $self->fill while !$self->{closed} && length $self->{buffer} < $size;
    return substr($self->{buffer}, 0, $size, '');
}

1;
