# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Sails;

# Reads the CORS settings of a Sails app. sails.js, beside this file, runs the
# configuration in node and prints it as JSON; this file makes sections of that,
# one for allRoutes and one for each route, in reverse order, since the first
# route that fits counts in Sails and the last section in httpd.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(fail section note origin literal_origin report unique words names methods apart @sections);
use CorsImport::Regex qw(quoted quotemeta_path);
use CorsImport::SailsVerify qw(verify_sails);
our @EXPORT_OK = qw(import_sails);

sub truth { return $_[0] && !ref $_[0] || JSON::PP::is_bool($_[0]) && $_[0] ? 1 : 0 }

# A setting that is not known here, and why.
sub is_unknown { my ($value) = @_; return ref $value eq 'HASH' && exists $value->{unknown} }

# The known elements of a list, or of a string of them.
sub known {
    my ($section, $name, $value) = @_;
    my @all = ref $value eq 'ARRAY' ? @$value : $value;
    note($section, "$name is not known here: " . (is_unknown($_) ? $_->{unknown} : 'it is not a string') . '; write its value yourself', 1) for grep { ref } @all;
    return grep { !ref } @all;
}

# The origins of a setting.
sub sails_origins {
    my ($section, $value) = @_;
    my $attr = $section->{attr};
    my @known = known($section, 'allowOrigins', $value);
    my @origins = ref $value eq 'ARRAY' ? map { s/\A\s+|\s+\z//gr } @known : words(@known);
    if (grep { $_ eq '*' } @origins) { $attr->{everybody} = 1; return }
    $attr->{origins} = [ unique(map { literal_origin($section, $_) // () } @origins) ];
    note($section, 'no origin remains; CorsAllowOrigins None allows no origin') if !@{ $attr->{origins} };
}

# The settings of a cors dictionary; the old names too.
sub sails_settings {
    my ($section, $cors) = @_;
    my $attr = $section->{attr};
    my %old = (origin => 'allowOrigins', credentials => 'allowCredentials', methods => 'allowRequestMethods',
        headers => 'allowRequestHeaders', exposeHeaders => 'allowResponseHeaders');
    my %is = %$cors;
    for my $name (sort keys %old) {
        next if !exists $is{$name};
        my $value = delete $is{$name};
        $is{ $old{$name} } = $value if !exists $is{ $old{$name} };
    }
    sails_origins($section, $is{allowOrigins}) if defined $is{allowOrigins};
    my $is_nobody = $attr->{origins} && !@{ $attr->{origins} } && !$attr->{everybody};
    for my $name (qw(allowCredentials allowAnyOriginWithCredentialsUnsafe)) {
        next if !ref $is{$name} || JSON::PP::is_bool($is{$name});
        known($section, $name, $is{$name});
        $is{$name} = 0;
    }
    # without their list, credentials apply to no origin
    $attr->{credentials} = $is_nobody ? 0 : truth($is{allowCredentials}) if defined $is{allowCredentials};
    $attr->{unsafe} = 1 if truth($is{allowAnyOriginWithCredentialsUnsafe}) && !$is_nobody;
    my $list = sub { my ($name) = @_; return words(known($section, $name, $is{$name})) };
    $attr->{methods} = methods($section, $list->('allowRequestMethods')) if defined $is{allowRequestMethods};
    $attr->{methods} = [qw(GET HEAD POST)] if $attr->{methods} && !@{ $attr->{methods} };
    $attr->{headers} = names($section, 'headers', $list->('allowRequestHeaders')) if defined $is{allowRequestHeaders};
    $attr->{expose} = names($section, 'expose', $list->('allowResponseHeaders')) if ref $is{allowResponseHeaders} || length($is{allowResponseHeaders} // '');
    delete $is{securityLevel} if ref $is{securityLevel} && !JSON::PP::is_bool($is{securityLevel});
    if ($is{securityLevel}) {
        $attr->{reject} = 1;
        note($section, "securityLevel $is{securityLevel} is CorsRejectDisallowed On; its other checks have no equivalent")
            if $is{securityLevel} ne '1';
    }
    note($section, "the setting '$_' is not known here") for grep { !/\A(?:allow(?:Origins|Credentials|RequestMethods|RequestHeaders|ResponseHeaders|AnyOriginWithCredentialsUnsafe)|allRoutes|securityLevel)\z/ } sort keys %is;
}

# The path of a route as an expression: :name is one segment, * anything; the
# router ignores case and a slash at the end.
sub sails_path {
    my ($section, $path) = @_;
    if ($path =~ /\Ar\|(.*)\|[^|]*\z/s) {
        note($section, "'$path' is a JavaScript regular expression and is used unchanged; PCRE treats most of them the same way");
        return quoted($1);
    }
    my $regex = '';
    while ($path =~ m{\G(?:(/?):(\w+)(?:\(((?:[^()\\]|\\.)*)\))?(\?)?|(\*)|(.))}gs) {
        if (defined $2) {
            my $one = "$1" . (defined $3 ? "(?:$3)" : '[^/]+');
            $regex .= $4 ? "(?:$one)?" : $one;
        }
        elsif ($5) { $regex .= '.*' }
        else { $regex .= quotemeta_path($6) }
    }
    $regex =~ s{/\z}{} if $regex ne '/';
    return quoted($regex eq '/' ? '(?i)^/$' : "(?i)^$regex/?\$");
}

# An app of which a file cannot be run: that file can narrow the other settings,
# so no origin is allowed.
sub unread_app {
    my ($app) = @_;
    my $section = section(from => $app->{file});
    report(undef, 1);
    note($section, $_) for @{ $app->{unread} }, @{ $app->{notes} };
    note($section, 'the settings of the other files are omitted, since this file could narrow them; CorsAllowOrigins None allows no origin');
    $section->{attr} = { policy => 'On', nobody => 1 };
    return 1;
}

# The configuration of an app, as node reads it.
sub app_of {
    my ($root) = @_;
    fail("$root: there is no config directory, so this is not a Sails app") if !-d "$root/config";
    no warnings 'exec';
    open my $from, '-|', 'node', __FILE__ =~ s{Sails\.pm\z}{sails.js}r, $root
        or fail("a Sails app is read by node, which cannot be run: $!");
    my $json = do { local $/; <$from> };
    close $from or fail("$root: node cannot read the app; see above");
    return JSON::PP->new->utf8->decode($json);
}

# The section of allRoutes.
sub global_section {
    my ($app, $cors) = @_;
    my $old = $app->{old};
    my $global = section(from => $app->{file});
    note($global, $_) for @{ $app->{notes} };
    # the defaults of Sails
    my %default = (allowOrigins => '*', allowCredentials => $old ? 1 : 0,
        allowRequestMethods => $old ? 'GET, POST, PUT, DELETE, OPTIONS, HEAD' : 'GET, HEAD, PUT, PATCH, POST, DELETE',
        allowRequestHeaders => 'content-type');
    my %alias = (allowOrigins => 'origin', allowCredentials => 'credentials', allowRequestMethods => 'methods', allowRequestHeaders => 'headers');
    my %set = (%default, %$cors);
    delete @set{ grep { exists $cors->{ $alias{$_} } && !exists $cors->{$_} } keys %alias };
    sails_settings($global, \%set);
    $global->{attr}{reflected} = 1 if $old;
    $global->{attr}{policy} = 'On' if truth($cors->{allRoutes});
    return $global;
}

# Puts the settings of a route into its section.
sub route_settings {
    my ($section, $value, $app) = @_;
    my $is_global = truth($app->{cors}{allRoutes});
    if (is_unknown($value)) {
        note($section, "cors is not known here: $value->{unknown}; CorsAllowOrigins None allows no origin", 1);
        @{ $section->{attr} }{qw(policy nobody credentials)} = ('On', 1, 0);
    }
    elsif (ref $value eq 'HASH') { sails_settings($section, $value); $section->{attr}{policy} = 'On' }
    elsif (JSON::PP::is_bool($value)) {
        $section->{attr}{policy} = $value ? 'On' : 'Off';
        note($section, 'with CorsPolicy Off, httpd does not change the headers of the app, and Sails sends those of allRoutes here; turn CORS off in the app')
            if !$value && $is_global;
    }
    elsif (!ref $value && defined $value) {
        my @origins = words($value);
        sails_settings($section, { allowOrigins => $value });
        $section->{attr}{policy} = 'On';
        if (!$app->{old} && @origins > 1) {
            @{ $section->{attr} }{qw(nobody credentials)} = (1, 0);
            delete @{ $section->{attr} }{qw(everybody origins)};
            note($section, "'$value': Sails 1 treats this as one origin, which never matches; if each of them was meant, write CorsAllowOrigins @origins");
        }
    }
    else { note($section, 'the route is omitted: its cors is neither a boolean, a string nor a dictionary', 1) }
    note($section, 'Sails answers preflights of this route by the settings of allRoutes, and their origins can read it; here the route overrides them, as documented')
        if !$app->{old} && $is_global && defined $value && !JSON::PP::is_bool($value);
}

# The sections of the routes, in their order, and whether more than one can be for
# a request. One that cannot be read may narrow the settings of allRoutes.
sub route_sections {
    my ($app, $global) = @_;
    my (@routes, $uses, %addresses);
    for my $route (@{ $app->{routes} }) {
        my ($address, $value) = @$route;
        my ($verb, $path) = $address =~ m{\A\s*(?:([a-z]+)\s+)?(r\|.*|/.*?)\s*\z}is;
        my $section = { from => "$app->{routes_file}: '$address'", where => [], attr => {}, notes => [] };
        my $match = defined $path ? sails_path($section, $path) : undef;
        if (!defined $match) {
            note($section, 'the route is omitted: its address is not read here', 1);
            note($global, "the route '$address' is omitted and could narrow this, so CorsAllowOrigins None allows no origin");
            @{ $global->{attr} }{qw(nobody credentials)} = (1, 0);
            delete @{ $global->{attr} }{qw(everybody origins unsafe)};
            push @sections, $section;
            next;
        }
        # more than one section can be for a request; one for GET is for HEAD, too
        my $for = !$verb || lc $verb eq 'all' ? 'all' : lc $verb eq 'head' ? 'get' : lc $verb;
        my $others = $addresses{ lc $path =~ s{(?<=.)/\z}{}r } ||= {};
        $uses ||= $path =~ /[:*]|\Ar\|/ || $others->{all} || $others->{$for} || $for eq 'all' && %$others;
        $others->{$for} = 1;
        $section->{where} = ["<LocationMatch $match>"];
        if ($verb && lc $verb ne 'all') {
            if ($verb =~ /\A(?:get|head|post|put|patch|delete|options)\z/i) { $section->{limit} = [ uc $verb ] }
            else { note($section, "the verb '$verb' is unknown; the section is for all methods") }
        }
        route_settings($section, $value, $app);
        push @routes, $section;
    }
    return (\@routes, $uses);
}

sub put_sockets {
    my ($app) = @_;
    my $only = $app->{sockets}{onlyAllowOrigins} // return;
    my $sockets = section(from => $app->{sockets_file}, where => ['<Location "/socket.io">']);
    $sockets->{attr}{sockets} = [ unique(map { origin($sockets, $_) // () } words(known($sockets, 'onlyAllowOrigins', $only))) ];
    $sockets->{attr}{sockets_origin} = 1;
    note($sockets, 'this is for WebSocket handshakes; the long polling of socket.io is an ordinary request, which Sails still checks');
}

sub import_sails {
    my ($root) = @_;
    require JSON::PP;
    my $app = app_of($root);
    my $first = @sections;
    return unread_app($app) if @{ $app->{unread} };
    report(undef, 1) if $app->{is_partial};
    my $cors = $app->{cors};
    if (is_unknown($cors->{allRoutes})) { report(undef, 1); push @{ $app->{notes} }, "allRoutes is not known here: $cors->{allRoutes}{unknown}"; delete $cors->{allRoutes} }
    my $global = global_section($app, $cors);
    my ($routes, $uses) = route_sections($app, $global);
    # the first route that fits is the one in Sails, the last section in httpd
    for my $section (reverse @$routes) {
        my $attr = $section->{attr};
        if ($uses && ($attr->{policy} // '') eq 'On') {
            my $own = $attr->{everybody} || $attr->{origins} || $attr->{nobody};
            for my $name (qw(everybody origins nobody methods headers expose credentials unsafe reject)) {
                next if exists $attr->{$name} || $own && $name =~ /\A(?:everybody|origins|nobody)\z/;
                $attr->{$name} = $global->{attr}{$name} if exists $global->{attr}{$name};
            }
        }
        push @sections, $section;
    }
    apart(@$routes) if $uses;
    if (!$global->{attr}{policy} && !grep { ($_->{attr}{policy} // '') eq 'On' } @$routes) {
        $global->{attr} = { policy => 'Off' };
        note($global, 'CORS is off: allRoutes is not set and no route turns it on');
    }
    put_sockets($app);
    verify_sails($app, @sections[ $first .. $#sections ]);
    return 1;
}

1;
