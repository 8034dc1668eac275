# Licensed under the Apache License, Version 2.0; see LICENSE.
package Response;

# A response, whichever client received it: Client.pm over HTTP/1.1, Http2.pm over
# HTTP/2. It is a hash, so that Fetch.pm, which knows no HTTP client, can read it:
#   status    a number; undef if the connection ended before a response
#   headers   [name, value] of each field, in order, as it was sent
#   body      without its chunks; '' over HTTP/2
#   bytes     all of it, as it was sent; HTTP/1.1 only
#   interim   the responses with status 1xx before it
use strict;
use warnings FATAL => 'all';

sub new {
    my ($class, %self) = @_;
    return bless { headers => [], body => '', interim => [], %self }, $class;
}

sub status { return $_[0]{status} }
sub body { return $_[0]{body} }
sub bytes { return $_[0]{bytes} }

# The value of a field, or undef. If the field occurs twice, the values are joined with
# " | ", so that no comparison accepts them as one value.
sub field {
    my ($self, $name) = @_;
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } @{ $self->{headers} };
    return @values ? join ' | ', @values : undef;
}

# Access-Control-* and Vary, by their names in lower case. httpd sends Vary without
# spaces; they are added.
sub cors_fields {
    my ($self) = @_;
    my %fields = map { lc $_->[0] => 1 } @{ $self->{headers} };
    my %cors = map { $_ => $self->field($_) } grep { $_ eq 'vary' || /\Aaccess-control-/ } keys %fields;
    $cors{vary} =~ s/,\s*/, /g if defined $cors{vary};
    return \%cors;
}

# The same with the status, which is "none" without a response: what most tests compare.
sub cors {
    my ($self) = @_;
    return { status => $self->{status} // 'none', %{ $self->cors_fields } };
}

1;
