# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::SailsVerify;

# Sails for --verify: what a Sails app sends. Sails.pm makes sections of what Sails documents;
# this file does what Sails 1.5 does: it runs the handlers of allRoutes and of the routes one
# after the other, and a preflight by rules of its own. An app with config/cors.js and
# without config/security.js is run as Sails 0.12 runs it. A setting that is not known is
# never guessed: the rows that need it are not evaluated.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(record);
use CorsImport::Policy qw(unique);
use CorsImport::Verify qw(verify_place);
our @EXPORT_OK = qw(verify_sails);

my %new_name = (origin => 'allowOrigins', credentials => 'allowCredentials', methods => 'allowRequestMethods', headers => 'allowRequestHeaders', exposeHeaders => 'allowResponseHeaders');
my %defaults = (allowOrigins => '*', allowCredentials => 0, allowRequestMethods => 'GET,HEAD,PUT,PATCH,POST,DELETE', allowRequestHeaders => 'content-type', allowResponseHeaders => '');
my %old_defaults = (%defaults, allowCredentials => 1, allowRequestMethods => 'GET, POST, PUT, DELETE, OPTIONS, HEAD');

sub is_true { my ($value) = @_; return JSON::PP::is_bool($value) && $value ? 1 : 0 }
sub is_unknown { my ($value) = @_; return ref $value eq 'HASH' && exists $value->{unknown} }

# Settings with the new names; in Sails 1, an old name takes precedence, except that of the
# response headers.
sub renamed {
    my (%is) = @_;
    for my $old (grep { exists $is{$_} } sort keys %new_name) {
        my $value = delete $is{$old};
        $is{ $new_name{$old} } = $value if $old ne 'exposeHeaders' || !$is{ $new_name{$old} };
    }
    return %is;
}

# --- routes

# The verbs of a route and its path: a test that takes a path. Undef if the address is not
# read here.
sub route_of {
    my ($address, $value) = @_;
    my ($verb, $path) = $address =~ m{\A\s*(?:(all|get|post|put|delete|trace|options|connect|patch|head)\s+)?(\S.*?)\s*\z}is or return;
    $verb = lc($verb // '');
    my $is_for = path_test($path) // return;
    return { verb => $verb, path => lc $path, is_for => $is_for, cors => $value, skips_files => $path =~ m{:[^/]+/?\z} && $verb =~ /\A(?:get)?\z/ ? 1 : 0 };
}

# As Express reads a path: :name is a segment, * is anything; case and a slash at the end do not
# matter. An address r|...| is a regular expression.
sub path_test {
    my ($path) = @_;
    my $regex;
    if ($path =~ /\Ar\|(.*)\|[^|]*\z/s) { $regex = $1 }
    elsif ($path =~ m{[()+\\]|\*.}s) { return }
    else { $regex = '(?i)\A' . join('', map { /\A(\/?):\w+(\??)\z/ ? $2 ? "(?:$1\[^/]+)?" : "$1\[^/]+" : $_ eq '*' ? '.*' : quotemeta } $path =~ s{(?<=.)/\z}{}r =~ m{/?:\w+\??|\*|[^:*/]+|/}g) . '/?\z' }
    my $compiled = $regex =~ /\(\?\??\{/ ? undef : eval { no warnings; qr/$regex/ } // return;
    return sub { return $_[0] =~ $compiled ? 1 : 0 };
}

# Whether a handler of a route runs for a request. Without a verb it is for some methods only.
sub runs {
    my ($route, $path, $method) = @_;
    return 0 if !$route->{is_for}->($path) || $route->{skips_files} && $path =~ m{/[^/]+\.[^/]+\z};
    return grep { uc $route->{verb} eq $_ } $method, $method eq 'HEAD' ? 'GET' : () if length $route->{verb} && $route->{verb} ne 'all';
    return length $route->{verb} || $method =~ /\A(?:GET|HEAD|PUT|POST|DELETE|PATCH)\z/;
}

# --- Sails 1

# The settings of a dictionary of a route, over the global ones.
sub dictionary { my ($app, $cors) = @_; return { %{ $app->{global} }, renamed(%$cors) } }

sub origin_list { my ($value) = @_; return ref $value eq 'ARRAY' ? @$value : defined $value && $value ne '*' ? map { s/\A\s+|\s+\z//gr } split /,/, $value : () }

# Why Sails would not start; undef if it would.
sub invalid {
    my ($is) = @_;
    my ($origins, $credentials) = @$is{qw(allowOrigins allowCredentials)};
    return if grep { is_unknown($_) } $origins, $credentials, ref $origins eq 'ARRAY' ? @$origins : ();
    return 'Sails does not start: allowOrigins * with allowCredentials' if !ref $origins && ($origins // '') eq '*' && is_true($credentials) && !is_true($is->{allowAnyOriginWithCredentialsUnsafe});
    my ($bad) = grep { !m{\Ahttps?://(?:[\w.+-]+|\[[0-9a-fA-F:.]+\])(?::\d+)?\z} || m{\Ahttps://.*:443\z|\Ahttp://.*:80\z} } origin_list($origins);
    return defined $bad ? "Sails does not start: '$bad' is not an origin" : undef;
}

# Why a setting is not known, from its values; undef if it is.
sub unknown_in {
    my ($setting, @values) = @_;
    for (@values) {
        return "the value of $setting: $_->{unknown}" if is_unknown($_);
        return "the value of $setting" if ref && ref ne 'ARRAY' && !JSON::PP::is_bool($_);
    }
    return;
}

# Puts the headers of some settings over those that are sent; a reason, if they are not known.
sub put_headers {
    my ($sent, $is, $origin, $is_preflight) = @_;
    my $name = $is->{allowOrigins};
    my $credentials = $is->{allowCredentials};
    my @listed = origin_list($name);
    # an origin that is known to be listed needs no other entry
    my $is_listed = grep { !ref && $_ eq $origin } @listed;
    my $why = unknown_in('allowOrigins', $is_listed ? () : ($name, @listed));
    return $why if defined $why;
    my $is_any = !ref $name && $name eq '*';
    return if !$is_any && !$is_listed;
    for my $setting ('allowCredentials', $is_preflight ? qw(allowRequestMethods allowRequestHeaders) : ()) {
        my $value = $is->{$setting};
        $why = unknown_in($setting, $value, ref $value eq 'ARRAY' ? @$value : ());
        return $why if defined $why;
    }
    $sent->{origin} = [ $is_any && !is_true($credentials) ? '*' : $origin ];
    $sent->{credentials} = ['true'] if is_true($credentials);
    return if !$is_preflight;
    my $list = sub { my ($value) = @_; return ref $value eq 'ARRAY' ? join ',', @$value : $value };
    $sent->{methods} = [ $list->($is->{allowRequestMethods}) || $defaults{allowRequestMethods} ];
    $sent->{headers} = [ $list->($is->{allowRequestHeaders}) || "\x02access_control_request_headers\x02" ];
    return;
}

# The settings by which a route answers; undef if it sends none.
sub settings_of {
    my ($app, $cors) = @_;
    return $app->{is_global} ? undef : $app->{global} if is_true($cors);
    return if JSON::PP::is_bool($cors) || !defined $cors;
    return ref $cors eq 'HASH' ? dictionary($app, $cors) : { %{ $app->{global} }, allowOrigins => [$cors] };
}

# What a preflight is given: by allRoutes, by a route for OPTIONS, or by the first address that
# fits and has settings for the method.
sub preflight {
    my ($app, $path, $origin, $method) = @_;
    my %sent;
    return put_headers(\%sent, $app->{global}, $origin, 1) // \%sent if $app->{is_global};
    for my $route (grep { length $_->{verb} && runs($_, $path, 'OPTIONS') } @{ $app->{routes} }) {
        return "the value of cors of $route->{path}: $route->{cors}{unknown}" if is_unknown($route->{cors});
        my $is = settings_of($app, $route->{cors}) // next;
        return put_headers(\%sent, $is, $origin, 1) // \%sent;
    }
    my $found;
    for my $address (unique(map { $_->{path} } @{ $app->{routes} })) {
        # the text of an address that is an expression is not a path here
        next if $address =~ /\Ar\|/;
        my @own = grep { $_->{path} eq $address } @{ $app->{routes} };
        next if !$own[0]{is_for}->($path);
        my %by = map { ($_->{verb} || 'default') => $_ } @own;
        $found = $by{ lc $method } // $by{default};
        last if $found;
    }
    return \%sent if !$found;
    return "the value of cors of $found->{path}: $found->{cors}{unknown}" if is_unknown($found->{cors});
    # without settings of its own, a route has the global ones here, even one with false
    my $is = ref $found->{cors} eq 'HASH' ? dictionary($app, $found->{cors}) : JSON::PP::is_bool($found->{cors}) ? $app->{global} : { %{ $app->{global} }, allowOrigins => [ $found->{cors} ] };
    return put_headers(\%sent, $is, $origin, 1) // \%sent;
}

sub actual {
    my ($app, $path, $origin, $method) = @_;
    my %sent;
    if ($app->{is_global}) { my $why = put_headers(\%sent, $app->{global}, $origin, 0); return $why if defined $why }
    for my $route (grep { runs($_, $path, $method) } @{ $app->{routes} }) {
        return "the value of cors of $route->{path}: $route->{cors}{unknown}" if is_unknown($route->{cors});
        my $is = settings_of($app, $route->{cors}) // next;
        my $why = put_headers(\%sent, $is, $origin, 0);
        return $why if defined $why;
    }
    return \%sent;
}

# --- Sails 0.12

# As put_headers(); an origin that does not fit clears what was sent.
sub put_old_headers {
    my ($sent, $is, $origin, $is_preflight) = @_;
    for my $setting (qw(allowOrigins allowCredentials), $is_preflight ? qw(allowRequestMethods allowRequestHeaders) : ()) {
        my $why = unknown_in($setting, $is->{$setting});
        return $why // "the value of $setting" if defined $why || ref $is->{$setting} eq 'ARRAY';
    }
    my $is_listed = grep { $_ eq '*' || $_ eq $origin } map { s/\A\s+|\s+\z//gr } split /,/, $is->{allowOrigins};
    $sent->{origin} = [ $is_listed ? $origin : '' ];
    $sent->{credentials} = [ $is->{allowCredentials} ? 'true' : 'false' ];
    @$sent{qw(methods headers)} = ([ $is->{allowRequestMethods} ], [ $is->{allowRequestHeaders} ]) if $is_preflight;
    return;
}

# The settings of a route by the method: one with a verb allows that verb only, in lower case.
sub old_settings {
    my ($app, $route, $is_preflight) = @_;
    my $cors = $route->{cors};
    return $app->{global} if is_true($cors);
    return { %{ $app->{global} }, allowOrigins => $cors, $is_preflight ? (allowRequestMethods => $route->{verb}) : () } if !ref $cors;
    my $is = { %{ $app->{global} }, renamed(%$cors) };
    $is->{allowRequestMethods} = $route->{verb} if length $route->{verb} && exists $cors->{methods};
    return $is;
}

sub old_actual {
    my ($app, $path, $origin, $method) = @_;
    my %sent;
    if ($app->{is_global}) { my $why = put_old_headers(\%sent, $app->{global}, $origin, $method eq 'OPTIONS'); return $why if defined $why }
    for my $route (grep { runs($_, $path, $method) } @{ $app->{routes} }) {
        return "the value of cors of $route->{path}: $route->{cors}{unknown}" if is_unknown($route->{cors});
        if (JSON::PP::is_bool($route->{cors}) && !$route->{cors}) { %sent = (); next }
        next if is_true($route->{cors}) && $app->{is_global};
        my $why = put_old_headers(\%sent, old_settings($app, $route, 0), $origin, $method eq 'OPTIONS');
        return $why if defined $why;
    }
    return \%sent;
}

# All handlers run for a preflight: that of allRoutes, those of routes for OPTIONS, and one for
# each address, which has settings by method and else the global ones.
sub old_preflight {
    my ($app, $path, $origin, $method) = @_;
    my $sent = old_actual($app, $path, $origin, 'OPTIONS');
    return $sent if !ref $sent;
    for my $address (unique(map { $_->{path} } @{ $app->{routes} })) {
        my @own = grep { $_->{path} eq $address } @{ $app->{routes} };
        next if !$own[0]{is_for}->($path);
        my ($found) = grep { $_->{verb} eq lc $method } reverse @own;
        return "the value of cors of $found->{path}: $found->{cors}{unknown}" if $found && is_unknown($found->{cors});
        if ($found && JSON::PP::is_bool($found->{cors}) && !$found->{cors}) { %$sent = (); next }
        my $why = put_old_headers($sent, $found ? old_settings($app, $found, 1) : $app->{global}, $origin, 1);
        return $why if defined $why;
    }
    return $sent;
}

# --- the table

# The record of a method, or a reason.
sub record_of {
    my ($app, $path, $origin, $method) = @_;
    return $app->{reason} if defined $app->{reason};
    my ($was, $is) = $app->{is_old} ? (old_preflight($app, $path, $origin, $method), old_actual($app, $path, $origin, $method)) : (preflight($app, $path, $origin, $method), actual($app, $path, $origin, $method));
    for ($was, $is) { return $_ if !ref }
    return record({ text => $origin }, { preflight => [ { sent => $was } ], $method => [ { sent => $is } ] }, $method);
}

# An app for the evaluation: its settings with defaults, its routes, why it is not evaluated.
sub evaluated {
    my ($read) = @_;
    my %is = renamed(%{ $read->{cors} });
    my $app = { is_old => $read->{old}, is_global => is_true($is{allRoutes}), global => { %{ $read->{old} ? \%old_defaults : \%defaults }, %is }, routes => [] };
    $app->{reason} = "the value of allRoutes: $is{allRoutes}{unknown}" if is_unknown($is{allRoutes});
    $app->{reason} = 'a file of the app is not read' if $read->{is_partial};
    for (@{ $read->{routes} }) {
        my ($address, $value) = @$_;
        my $route = route_of($address, $value);
        if ($route) { push @{ $app->{routes} }, $route }
        else { $app->{reason} //= "the address of the route '$address'" }
    }
    return $app if $app->{is_old};
    for my $settings ($app->{global}, map { dictionary($app, $_->{cors}) } grep { ref $_->{cors} eq 'HASH' && !is_unknown($_->{cors}) } @{ $app->{routes} }) { $app->{reason} //= invalid($settings) }
    $app->{reason} //= 'Sails does not start: securityLevel' if defined $is{securityLevel} && !ref $is{securityLevel};
    return $app;
}

# A path of an address.
sub example_path {
    my ($address) = @_;
    my ($path) = $address =~ m{\A\s*(?:[a-z]+\s+)?(/.*?)\s*\z}is or return;
    $path =~ s{:\w+\??}{one}g;
    return $path =~ s{\*}{x}gr;
}

# Add an app to the table: its settings as sails.js prints them, and its sections.
sub verify_sails {
    my ($read, @sections) = @_;
    my $app = evaluated($read);
    my @origins = grep { defined && !ref } map { origin_list($_) } map { ref && ref ne 'ARRAY' ? () : $_ } map { my %is = renamed(%$_); $is{allowOrigins} // () } $read->{cors}, map { my $cors = $_->[1]; ref $cors eq 'HASH' && !is_unknown($cors) ? $cors : defined $cors && !ref $cors ? { origin => $cors } : () } @{ $read->{routes} };
    verify_place(sections => \@sections, origins => \@origins, paths => [ unique(grep { m{\A/.} } map { example_path($_->[0]) } @{ $read->{routes} }) ], record => sub { record_of($app, @_) });
    return;
}

1;
