# Licensed under the Apache License, Version 2.0; see LICENSE.
package Fetch;

# What a browser does with a request: the parts of the Fetch Standard that depend on an
# origin, step by step and with the standard's own names. It knows nothing of a server; the
# responses come from a callback.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT_OK = qw(fetch url_origin cors_check unsafe_names is_preflighted
    preflight_request preflight_error exposed_names header_of needs_no_asking);

my %default_port = (http => 80, https => 443, ws => 80, wss => 443);
my $token = qr/[!#\$%&'*+.^_`|~0-9A-Za-z-]+/;

# URL, "origin", serialized: the origin of a URL.
sub url_origin {
    my ($url) = @_;
    my ($scheme, $host, $port) = $url =~ m{\A([a-z]+)://(?:[^/@]*@)?(\[[^\]]*\]|[^:/?#]+)(?::(\d+))?}
        or return 'null';
    $port = undef if defined $port && $port == ($default_port{$scheme} // 0);
    return "$scheme://$host" . (defined $port ? ":$port" : '');
}

# Headers are a list of pairs. Fetch, "get" of a header list: the joined values, or undef.
sub header_of {
    my ($headers, $name) = @_;
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } @$headers;
    return @values ? join(', ', @values) : undef;
}

# Fetch, "extract header list values" of a list of tokens: the names, nothing if the header
# is missing, or failure as a string.
sub extract_tokens {
    my ($headers, $name) = @_;
    my $value = header_of($headers, $name);
    return [] if !defined $value;
    my @items = grep { length } map { s/\A[ \t]+|[ \t]+\z//gr } split /,/, $value;
    return grep({ !/\A$token\z/ } @items) ? 'failure' : \@items;
}

# Fetch, "CORS-safelisted method"
sub is_safelisted_method { return $_[0] =~ /\A(?:GET|HEAD|POST)\z/ }

# Fetch, "normalize a method"
sub normalize_method {
    my ($method) = @_;
    return $method =~ /\A(?:DELETE|GET|HEAD|OPTIONS|POST|PUT)\z/i ? uc $method : $method;
}

# Fetch, "CORS-safelisted request-header"
sub is_safelisted_header {
    my ($name, $value) = (lc $_[0], $_[1]);
    my $unsafe = qr/[\x00-\x08\x0a-\x1f"():<>?\@\[\\\]{}\x7f]/;
    return 0 if length $value > 128;
    return $value !~ $unsafe if $name eq 'accept';
    return $value !~ /[^0-9A-Za-z *,\-.;=]/ if $name eq 'accept-language' || $name eq 'content-language';
    return $value =~ /\Abytes=\d+-\d*\z/ if $name eq 'range';
    return 0 if $name ne 'content-type' || $value =~ $unsafe;
    my ($essence) = $value =~ m{\A\s*([^;]*?)\s*(?:;|\z)};
    return scalar(lc $essence =~ m{\A(?:application/x-www-form-urlencoded|multipart/form-data|text/plain)\z});
}

# Fetch, "CORS-unsafe request-header names": in lower case and sorted.
sub unsafe_names {
    my ($headers) = @_;
    my (@unsafe, @potential, $size);
    for (@$headers) {
        if (is_safelisted_header(@$_)) { push @potential, lc $_->[0]; $size += length $_->[1] }
        else { push @unsafe, lc $_->[0] }
    }
    push @unsafe, @potential if ($size // 0) > 1024;
    my %seen;
    my @names = sort grep { !$seen{$_}++ } @unsafe;
    return @names;
}

# Whether a request in mode "cors" is sent without a preflight.
sub needs_no_asking {
    my ($method, $headers) = @_;
    my @unsafe = unsafe_names($headers);
    return is_safelisted_method($method) && !@unsafe;
}
sub is_preflighted { return !needs_no_asking(@_) }

# Fetch, "CORS-preflight fetch": the request.
sub preflight_request {
    my ($url, $origin, $method, $headers) = @_;
    my @unsafe = unsafe_names($headers);
    return {
        method => 'OPTIONS', url => $url,
        headers => [
            [ 'Origin', $origin ], [ 'Access-Control-Request-Method', $method ],
            @unsafe ? [ 'Access-Control-Request-Headers', join ',', @unsafe ] : (),
        ],
    };
}

# Fetch, "CORS check": nothing, or the reason why it fails.
sub cors_check {
    my ($origin, $credentials, $headers) = @_;
    my $allowed = header_of($headers, 'Access-Control-Allow-Origin');
    return 'no Access-Control-Allow-Origin' if !defined $allowed;
    return if $credentials ne 'include' && $allowed eq '*';
    return "Access-Control-Allow-Origin is '$allowed'" if $allowed ne $origin;
    return if $credentials ne 'include';
    my $with = header_of($headers, 'Access-Control-Allow-Credentials') // '';
    return if $with eq 'true';
    return "Access-Control-Allow-Credentials is '$with'";
}

# Fetch, "CORS-preflight fetch", the checks of the response: nothing, or the reason for a
# network error.
sub preflight_error {
    my ($request, $origin, $response) = @_;
    my ($method, $credentials, $list) = ($request->{method}, $request->{credentials}, $request->{headers});
    my $headers = $response->{headers};
    my $failed = cors_check($origin, $credentials, $headers);
    return "preflight: $failed" if $failed;
    return "preflight: status $response->{status}" if $response->{status} !~ /\A2\d\d\z/;

    my $methods = extract_tokens($headers, 'Access-Control-Allow-Methods');
    my $names = extract_tokens($headers, 'Access-Control-Allow-Headers');
    return 'preflight: a list that is none' if !ref $methods || !ref $names;
    $methods = [$method] if $request->{upload} && !defined header_of($headers, 'Access-Control-Allow-Methods');
    my $plain = $credentials ne 'include';
    my $any_method = $plain && grep { $_ eq '*' } @$methods;
    return "preflight: method $method" if !is_safelisted_method($method) && !$any_method
        && !grep { $_ eq $method } @$methods;
    my %named = map { lc $_ => 1 } @$names;
    for (map { lc $_->[0] } @$list) {
        # Fetch, "CORS non-wildcard request-header name"
        return 'preflight: header authorization' if $_ eq 'authorization' && !$named{$_};
    }
    for (unsafe_names($list)) {
        return "preflight: header $_" if !$named{$_} && !($plain && $named{'*'});
    }
    return;
}

# Fetch, "CORS-safelisted response-header name" and the step of "main fetch" for
# Access-Control-Expose-Headers: which of the given names a script may read.
sub exposed_names {
    my ($credentials, $headers, @names) = @_;
    my $list = extract_tokens($headers, 'Access-Control-Expose-Headers');
    my %listed = map { lc $_ => 1 } ref $list ? @$list : ();
    my $all = $credentials ne 'include' && $listed{'*'};
    my %safe = map { $_ => 1 } qw(cache-control content-language content-length content-type expires
        last-modified pragma);
    return grep { !/\Aset-cookie2?\z/i && ($all || $listed{ lc $_ } || $safe{ lc $_ }) } @names;
}

# Fetch, "redirect-tainted origin", with "serializing a request origin".
sub serialized_origin {
    my ($origin, @urls) = @_;
    my $last = shift @urls;
    for my $url (@urls) {
        return 'null' if url_origin($url) ne url_origin($last) && $origin ne url_origin($last);
        $last = $url;
    }
    return $origin;
}

# Fetch, "main fetch" down to "HTTP-redirect fetch", for one request of a page.
#   request  url, method, headers, mode, credentials, redirect and origin (that of the
#            page); upload: Fetch, "use-CORS-preflight flag"
#   answer   called with each request that is sent: method, url, headers and with (whether
#            it has credentials); returns status and headers
#   cache    the CORS-preflight cache, a hash that the caller owns
#   now      seconds, for the cache
# Returns the type of the response (basic, cors, opaque, error), its status, the reason for
# an error, and the requests that were sent.
sub fetch {
    my ($request, $answer, $cache, $now) = @_;
    my %request = (mode => 'cors', credentials => 'same-origin', redirect => 'follow', method => 'GET',
        headers => [], %$request);
    my @urls = ($request{url});
    my ($tainting, @sent) = ('basic');
    my $fail = sub { return { type => 'error', why => $_[0], sent => \@sent } };
    my $ask = sub { push @sent, $_[0]; return $answer->($_[0]) };

    $request{method} = normalize_method($request{method});
    while (1) {
        my $url = $urls[-1];
        my $same = url_origin($url) eq $request{origin};
        if (!($same && $tainting eq 'basic')) {
            return $fail->('mode same-origin') if $request{mode} eq 'same-origin';
            return $fail->('no-cors and a redirect that is not followed')
                if $request{mode} eq 'no-cors' && $request{redirect} ne 'follow';
            $tainting = $request{mode} eq 'no-cors' ? 'opaque' : 'cors';
        }
        my $origin = serialized_origin($request{origin}, @urls);
        if ($tainting eq 'cors' && ($request{upload} || is_preflighted($request{method}, $request{headers}))
            && !in_cache($cache, $now, $origin, $url, \%request)) {
            my $preflight = { %{ preflight_request($url, $origin, $request{method}, $request{headers}) }, with => 0 };
            my $response = $ask->($preflight);
            my $error = preflight_error(\%request, $origin, $response);
            return $fail->($error) if $error;
            remember($cache, $now, $origin, $url, \%request, $response);
        }
        my $with = $request{credentials} eq 'include' || ($request{credentials} eq 'same-origin' && $tainting eq 'basic');
        my @origin = $tainting eq 'cors' || $request{method} !~ /\A(?:GET|HEAD)\z/ ? [ 'Origin', $origin ] : ();
        my $response = $ask->({ method => $request{method}, url => $url, with => $with ? 1 : 0,
            headers => [ @{ $request{headers} }, @origin ] });
        if ($tainting eq 'cors') {
            my $failed = cors_check($origin, $request{credentials}, $response->{headers});
            return $fail->($failed) if $failed;
        }
        my $to = header_of($response->{headers}, 'Location');
        if ($response->{status} !~ /\A30[12378]\z/ || !defined $to) {
            return { type => $tainting, status => $tainting eq 'opaque' ? 0 : $response->{status}, sent => \@sent,
                response => $response };
        }
        return $fail->('a redirect') if $request{redirect} eq 'error';
        return { type => 'opaqueredirect', status => 0, sent => \@sent } if $request{redirect} eq 'manual';
        return $fail->('too many redirects') if @urls > 20;
        my $userinfo = $to =~ m{\A[a-z]+://[^/]*@};
        return $fail->('user name in a redirect') if $userinfo
            && ($tainting eq 'cors' || ($request{mode} eq 'cors' && url_origin($to) ne $request{origin}));
        if (($response->{status} =~ /\A30[12]\z/ && $request{method} eq 'POST')
            || ($response->{status} == 303 && $request{method} !~ /\A(?:GET|HEAD)\z/)) {
            $request{method} = 'GET';
            # Fetch, "request-body-header name"
            $request{headers} = [ grep { $_->[0] !~ /\Acontent-(?:encoding|language|location|type|length)\z/i }
                @{ $request{headers} } ];
        }
        $request{headers} = [ grep { lc $_->[0] ne 'authorization' } @{ $request{headers} } ]
            if url_origin($to) ne url_origin($url);
        push @urls, $to;
    }
}

# Fetch, "CORS-preflight cache": an entry for each method and header name.
sub cache_key {
    my ($origin, $url, $request, $what) = @_;
    return map { join ' ', $origin, $url, $_, $what } $request->{credentials} eq 'include' ? 'include' : ('include', 'other');
}

sub in_cache {
    my ($cache, $now, $origin, $url, $request) = @_;
    return 0 if !$cache;
    my $has = sub { scalar grep { ($cache->{$_} // 0) > $now } cache_key($origin, $url, $request, $_[0]) };
    return 0 if !is_safelisted_method($request->{method})
        && !$has->("method $request->{method}") && !$has->('method *');
    for my $name (unsafe_names($request->{headers})) {
        return 0 if !$has->("header $name") && ($name eq 'authorization' || !$has->('header *'));
    }
    return 1;
}

sub remember {
    my ($cache, $now, $origin, $url, $request, $response) = @_;
    return if !$cache;
    my $age = header_of($response->{headers}, 'Access-Control-Max-Age') // '';
    # the limit is Chromium's; the five seconds are the standard's
    $age = $age =~ /\A\d+\z/ ? $age > 7200 ? 7200 : $age : 5;
    my $mode = $request->{credentials} eq 'include' ? 'include' : 'other';
    for ([ method => 'Access-Control-Allow-Methods' ], [ header => 'Access-Control-Allow-Headers' ]) {
        my ($what, $field) = @$_;
        for my $item (@{ extract_tokens($response->{headers}, $field) }) {
            next if $item eq '*' && $mode eq 'include';
            my $name = $what eq 'header' ? lc $item : $item;
            $cache->{"$origin $url $mode $what $name"} = $now + $age;
        }
    }
}

1;
