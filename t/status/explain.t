# Licensed under the Apache License, Version 2.0; see LICENSE.
# CorsExplain of httpd -t: how a request would be decided, without a server. If the advice is
# followed literally, the request is allowed.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check);
use Httpd ();

my $docs = Apache::Test::vars('t_logs'); # the document root of config_check()
my $conf = <<"CONF";
CorsPolicy On
CorsAllowOrigins https://app.example
<VirtualHost *:80>
    ServerName api.example
    ServerAlias *.api.example
    CorsAllowMethods GET PUT
    <Directory "$docs/files">
        CorsAllowOrigins https://files.example
    </Directory>
    <Files "*.json">
        CorsExposeHeaders ETag
    </Files>
    <Location "/videos">
        CorsAllowCredentials On
        <Limit PUT>
            CorsAllowHeaders x-token
        </Limit>
        <If "%{HTTP:X} == 'y'">
            CorsAllowOrigins *
            CorsAllowCredentials Off
        </If>
    </Location>
    <Location ~ "^/tilde/[0-9]+\$">
        CorsPolicy Off
    </Location>
    <Location "/glob/*/x?">
        CorsPolicy Off
    </Location>
    <LocationMatch "^/(old|older)/">
        CorsPolicy Off
    </LocationMatch>
    <Location "/proxied">
        CorsBackendHeaders Keep
    </Location>
    <Location "/walled">
        CorsProtect On
    </Location>
    <Location "/hosts">
        CorsProtect On
        CorsProtectHost On
    </Location>
    <Location "/tried">
        CorsProtect ReportOnly
    </Location>
    <Location "/socket">
        CorsWebSocketAllowOrigins https://app.example
    </Location>
</VirtualHost>
<VirtualHost *:80>
    ServerName network.example
    CorsAllowOrigins *
</VirtualHost>
<VirtualHost *:443>
    ServerName secure.example
    CorsAllowOrigins https://secure-app.example
</VirtualHost>
CONF

# httpd's option for a request to explain.
sub option {
    my ($question) = @_;
    $question =~ s/'/'\\''/g;
    return "-c 'CorsExplain $question'";
}

sub asked {
    my ($question) = @_;
    return config_check($conf, option($question))->{printed};
}

my $yes = 'Allowed: the page may read the response.';
my $unread = 'Denied: the request is sent, and the page may not read the response.';
my $unsent = 'Denied: the browser does not send the request.';
my @cases = (
    [ 'GET http://api.example/ from https://app.example', $yes, '  VirtualHost (' ],
    [ 'GET http://api.example/ from https://app.example.evil', $unread, 'To allow it, add https://app.example.evil to CorsAllowOrigins ' ],
    [ 'PUT http://api.example/ from https://app.example', $yes, 'status 204', 'Access-Control-Allow-Methods: GET, PUT' ],
    [ 'put http://api.example/ from https://app.example', $yes, 'preflight-allowed' ],
    [ 'DELETE http://api.example/ from https://app.example', $unsent, 'status 204', 'CorsAllowMethods +DELETE' ],
    [ 'PUT http://api.example/ from https://app.example with x-token', $unsent, 'CorsAllowHeaders +x-token' ],
    [ 'PUT http://api.example/videos/1 from https://app.example with x-token and cookies', $yes, '<Location "/videos">',
      'Access-Control-Allow-Credentials: true', '1 <If> not evaluated' ],
    [ 'GET http://api.example/videos/1 from https://app.example with x-token with cookies', $unsent ],
    [ 'GET http://api.example/videosx from https://app.example with cookies', $unread, 'CorsAllowCredentials On' ],
    [ 'GET http://api.example/files/a from https://files.example', $yes, "<Directory \"$docs/files\">" ],
    [ 'GET http://api.example/files/.json from https://files.example', $yes, 'Access-Control-Expose-Headers: ETag' ],
    [ 'GET http://api.example/files/a.json from https://files.example', $yes, 'Access-Control-Expose-Headers: ETag' ],
    [ 'GET http://api.example/filesx from https://files.example', $unread ],
    [ 'GET http://api.example/older/a from https://app.example', $unread, 'No policy is in force here.' ],
    [ 'GET http://api.example/oldest/a from https://app.example', $yes ],
    [ 'GET http://api.example/tilde/1 from https://app.example', $unread, 'No policy is in force here.' ],
    [ 'GET http://api.example/tilde/1a from https://app.example', $yes ],
    [ 'GET http://api.example/glob/a/x1 from https://app.example', $unread, 'No policy is in force here.' ],
    [ 'GET http://api.example/glob/a/b/x1 from https://app.example', $yes ],
    [ 'GET http://api.example from https://app.example', $yes ],
    [ 'PUT http://api.example/videos/1 from https://app.example with x-token and x-other', $unsent, 'CorsAllowHeaders +x-other' ],
    [ 'PUT http://api.example/videos/1 from https://app.example with content-type and cookies', $unsent, 'CorsAllowHeaders +content-type' ],
    [ 'GET http://x.api.example/ from https://app.example', $yes ],
    [ 'GET https://secure.example/ from https://secure-app.example', $yes ],
    [ 'GET https://secure.example/ from https://app.example', $unread ],
    [ 'GET http://api.example/ from http://api.example', 'Same origin: CORS does not apply.' ],
    [ 'GET HTTP://api.example/ from http://api.example', 'Same origin: CORS does not apply.' ],
    [ 'PUT http://network.example/ from http://network.example with cookies', 'Same origin: CORS does not apply.' ],
    [ 'PUT http://network.example/ from https://network.example', $yes ],
    [ 'GET http://[::1]/ from http://[::1]', 'Same origin: CORS does not apply.' ],
    [ 'GET http://[::1]:443/ from http://[::1]', $unread, 'Virtual host: secure.example (' ],
    [ 'CONNECT http://api.example/ from https://app.example', $unsent, 'No browser sends this method, and it cannot be allowed.' ],
    [ 'GET ws://api.example/socket from https://app.example', 'Allowed: the WebSocket opens.' ],
    [ 'GET ws://api.example/socket from https://evil.example', 'Denied: the WebSocket does not open.', 'status 403' ],
    [ 'GET http://api.example/proxied from https://evil.example', $unread, '  CorsBackendHeaders ', ' (Keep): where the response of the backend has Access-Control-Allow-Origin, its headers apply and not those shown here.' ],
    [ 'GET http://api.example/proxied from https://evil.example as json', ' "version": 1,', '"CorsBackendHeaders ' ],
    [ 'POST http://api.example/walled from https://app.example', $yes, 'CorsProtect: refused, cross-site-request; by CorsProtect ', 'The request is answered with 403.' ],
    [ 'POST http://api.example/walled from null', $unread, 'CorsProtect: refused, null-origin; by CorsProtect ', '  the page hid its origin by its Referrer-Policy' ],
    [ 'POST http://api.example/walled from http://api.example', 'Same origin: CORS does not apply.', 'CorsProtect: passed, own-origin; by CorsProtect ' ],
    [ 'GET http://api.example/hosts from https://app.example', $yes, 'CorsProtectHost: passed, known-host; by CorsProtectHost ' ],
    [ 'GET http://api.example/walled from https://app.example', $yes, 'CorsProtect: not-checked, safe-method; by CorsProtect ' ],
    [ 'POST http://api.example/tried from https://app.example', $yes, 'CorsProtect (ReportOnly): refused, cross-site-request; by CorsProtect ' ],
    [ 'GET http://api.example/ from null', $unread, 'Give the page an origin of its own.' ],
);
my @mistakes = (
    [ '', "'': a request begins with its method, as in GET https://api.example.com/ from https://app.example.com" ],
    [ 'GET', "'': an absolute URL is needed, as in https://api.example.com/videos" ],
    [ 'GET /api from https://app.example', "'/api': an absolute URL is needed, as in https://api.example.com/api" ],
    [ 'GET http://api.example/ to https://app.example', "'to': from and the origin of the page follow the URL, as in from https://app.example.com" ],
    [ 'GET http://api.example/ from', "'': the origin of the page follows from, as in https://app.example.com" ],
    [ 'G(T http://a/ from https://b', "'G(T': a request begins with its method, as in GET https://api.example.com/ from https://app.example.com" ],
    [ 'GET http://api.example/ from https://app.example as xml', "'xml': the output is plain text or as json" ],
);

# Advice that is followed literally: the policy and the request to explain, and where the
# advice has to be. Each change that it names is made. Then, in a second policy, the line
# that it suggests for an inner section is added instead.
my $deep = 'http://api.example/deep/er/x';
my @followed = (
    [ 'an origin', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'], "GET $deep from https://new.example", 2 ],
    [ 'an origin that is excluded', ['CorsPolicy On', 'CorsAllowOrigins https://*.example.org', 'CorsAllowOrigins !https://old.example.org'],
      "GET $deep from https://old.example.org", 3 ],
    [ 'an origin that is excluded by a wildcard', ['CorsPolicy On', 'CorsAllowOrigins https://*.example.org', 'CorsAllowOrigins !https://*.old.example.org'],
      "GET $deep from https://a.old.example.org", 3 ],
    [ 'an origin that is excluded twice', ['CorsPolicy On', 'CorsAllowOrigins https://*.example.org', 'CorsAllowOrigins !https://*.old.example.org !https://a.old.example.org'],
      "GET $deep from https://a.old.example.org", 3 ],
    [ 'an origin that is excluded and not listed', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowOrigins !https://old.example.org'],
      "GET $deep from https://old.example.org", 3 ],
    [ 'an origin that is removed from *', ['CorsPolicy On', 'CorsAllowOrigins *', '<Location "/deep">', 'CorsAllowOrigins -https://old.example.org', '</Location>'],
      "GET $deep from https://old.example.org", 4 ],
    [ 'an origin that is removed from a list that does not have it', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', '<Location "/deep">', 'CorsAllowOrigins -https://old.example.org', '</Location>'],
      "GET $deep from https://old.example.org", 4 ],
    [ 'an origin that a regular expression removes', ['CorsPolicy On', 'CorsAllowOrigins *', '<Location "/deep">', 'CorsAllowOriginsMatch -https://old\\.example\\.org', '</Location>'],
      "GET $deep from https://old.example.org", 4 ],
    [ 'an origin where none is listed', ['CorsPolicy On', 'CorsAllowOrigins None'], "GET $deep from https://new.example", 2 ],
    [ 'an origin of a list that is edited', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', '<Location "/deep">', 'CorsAllowOrigins +https://b.example', '</Location>'],
      "GET $deep from https://new.example", 4 ],
    [ 'an origin beside regular expressions', ['CorsPolicy On', 'CorsAllowOriginsMatch https://(a|b)\\.example\\.org'], "GET $deep from https://new.example", 2 ],
    [ 'an origin beside regular expressions that edit the list', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', '<Location "/deep">', 'CorsAllowOriginsMatch +https://(a|b)\\.example\\.org', '</Location>'],
      "GET $deep from https://new.example", 4 ],
    [ 'an origin beside a file', ['CorsPolicy On', "CorsAllowOriginsFile $docs/explained.txt"], "GET $deep from https://new.example", 2 ],
    [ 'an origin of a tenant', [ "CorsOriginSource shops file:$docs/explained-shops.txt", 'CorsPolicy On', 'CorsAllowOriginsFrom shops "shop-%{SERVER_NAME}"' ], "GET $deep from https://new.example", 3 ],
    [ 'an origin without a directive for origins', ['CorsPolicy On'], "GET $deep from https://new.example", 1 ],
    [ 'an origin with the default port', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'], "GET $deep from https://new.example:443" ],
    [ 'an origin with a path', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'], "GET $deep from https://New.example/" ],
    [ 'an address in another form', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'], "GET $deep from http://127.1" ],
    [ 'the URL of a WebSocket as origin', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'], "GET $deep from wss://new.example" ],
    [ 'an origin of a handshake', ['CorsWebSocketAllowOrigins https://app.example'], 'GET ws://api.example/deep/er/x from https://new.example', 1 ],
    [ 'a method', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowMethods GET'], "PUT $deep from https://app.example", 3 ],
    [ 'a method of a list that is edited', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowMethods -PUT', 'CorsAllowMethods +PROPFIND'],
      "DELETED $deep from https://app.example", 3 ],
    [ 'a method that is taken out', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowMethods +BAN', 'CorsAllowMethods -PUT'],
      "PUT $deep from https://app.example", 4 ],
    [ 'patch', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'], "patch $deep from https://app.example" ],
    [ 'patch where PATCH is not listed', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowMethods GET'], "patch $deep from https://app.example", 3 ],
    [ 'headers', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowHeaders x-c'], "GET $deep from https://app.example with x-a,x-c,x-b", 3 ],
    [ 'headers where none is listed', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowHeaders None'], "GET $deep from https://app.example with x-a,x-b", 3 ],
    [ 'a header that is taken out', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowHeaders -Content-Type'],
      "GET $deep from https://app.example with content-type", 3 ],
    [ 'headers of the server', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'],
      "GET $deep from https://app.example with access-control-allow-origin,etag,x-a", 1 ],
    [ 'Authorization beside *', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowHeaders *'], "GET $deep from https://app.example with authorization", 3 ],
    [ 'credentials', ['CorsPolicy On', 'CorsAllowOrigins https://app.example'], "GET $deep from https://app.example with cookies", 1 ],
    [ 'credentials that are off', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowCredentials Off'], "GET $deep from https://app.example with cookies", 3 ],
    [ 'credentials with a list for any origin', ['CorsPolicy On', 'CorsAllowOrigins *', 'CorsExposeHeaders *'], "PUT $deep from https://app.example with cookies", 1 ],
    [ 'all at once', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', 'CorsAllowMethods GET'], "PUT $deep from https://new.example with x-a,x-b and cookies", 2 ],
    [ 'a policy that only reports and would allow', ['CorsPolicy ReportOnly', 'CorsAllowOrigins https://app.example'], "PUT $deep from https://app.example", 1 ],
    [ 'a policy that only reports and would refuse', ['CorsPolicy ReportOnly', 'CorsAllowOrigins https://app.example'], "PUT $deep from https://new.example with x-a", 1 ],
    [ 'no policy', ['CorsAllowOrigins https://app.example'], "GET $deep from https://new.example", 1 ],
    [ 'a policy that is off', ['CorsPolicy On', 'CorsAllowOrigins https://app.example', '<Location "/deep">', 'CorsPolicy Off', '</Location>'], "GET $deep from https://app.example", 4 ],
);
Httpd::spew("$docs/explained.txt", "https://a.example.org\n");
Httpd::spew("$docs/explained-shops.txt", "https://a.example.org shop-a.example\n");

# The explanation of a request for the given lines of a configuration, with its advice.
# Positions in the advice are replaced by the numbers of these lines.
sub explained {
    my ($lines, $question) = @_;
    my $check = config_check(join('', map { "$_\n" } @$lines), option($question));
    (my $printed = $check->{printed}) =~ s/\Q$check->{file}\E:(\d+)/'conf:' . ($1 - $check->{before})/ge;
    my ($verdict, $advice) = $printed =~ /^((?:Allowed|Denied): .*)\n(.*)/m;
    return { verdict => $verdict // "none: $check->{errors}$printed", advice => $advice // '' };
}

# Make every change that the advice names. With $within, the line for an inner section is
# added instead, if the advice offers it.
sub follow {
    my ($advice, $lines, $question, $within) = @_;
    my @lines = @$lines;
    my @inner;
    my $unknown = '';
    for my $sentence (split /(?<=[.;])\s+(?=[A-Z])|; this is [a-z ]+ then\.\s*/, $advice) {
        my $change = $sentence;
        if ($change =~ s/, or write (Cors\w+ .+) in a nested section\.\z//) {
            if ($within) { push @inner, $1; next }
        }
        if ($change =~ /\ATo allow it, write (Cors\w+ .+) next to CorsPolicy conf:(\d+)\.\z/) { $lines[$2 - 1] .= "\n$1" }
        elsif ($change =~ /\ATo allow it, add the line (.+) to the file (\S+) \(CorsAllowOrigins(?:File|From) conf:\d+\)\z/) { Httpd::spew($2, Httpd::slurp($2), "$1\n") }
        elsif ($change =~ /\ATo allow it, write (Cors\w+ .+) in (?:the section|a section within that of Cors\w+ conf:\d+)\.\z/) { push @inner, $1 }
        elsif ($change =~ /\ATo allow it, add (.+) to Cors\w+ conf:(\d+)\z/) { $lines[$2 - 1] .= " $1" }
        elsif ($change =~ /\ATo allow it, remove (\S+) from Cors\w+ conf:(\d+)\z/) {
            my ($word, $at) = ($1, $2 - 1);
            $lines[$at] =~ s/ \Q$word\E(?= |\z)// or $unknown .= "no $word in '$lines[$at]'; ";
            $lines[$at] = "# $lines[$at]" if $lines[$at] !~ / /;
        }
        elsif ($change =~ /\A(?:To allow it, write|Write) (.+) instead of (\S+) in Cors\w+ conf:(\d+)\z/) {
            my ($words, $old, $at) = ($1, $2, $3 - 1);
            $lines[$at] =~ s/ \Q$old\E(?= |\z)/ $words/ or $unknown .= "no $old in '$lines[$at]'; ";
        }
        elsif ($change =~ /\ATo allow it, write (Cors\w+ .+) beside Cors\w+ conf:(\d+)\z/) { $lines[$2 - 1] .= "\n$1" }
        elsif ($change =~ /\A(?:No policy is in force here|The policy only reports|The request has credentials)\.\z/) { next }
        elsif ($change =~ /\AWrite CorsPolicy On in the section\z/) { push @inner, 'CorsPolicy On' }
        elsif ($change =~ s/\AWrite CorsAllowCredentials On (?:in the section|next to CorsPolicy conf:(\d+))//
            || $change =~ s/\AWrite On instead of Off in CorsAllowCredentials conf:(\d+)//) {
            my $at = $1;
            if (!defined $at) { push @inner, 'CorsAllowCredentials On' }
            elsif ($lines[$at - 1] =~ s/(CorsAllowCredentials) Off/$1 On/) {}
            else { $lines[$at - 1] .= "\nCorsAllowCredentials On" }
            if ($change =~ s/, and the origin (\S+) instead of \* in Cors\w+ conf:(\d+)//) {
                my ($origin, $at) = ($1, $2 - 1);
                $lines[$at] =~ s/ \*/ $origin/;
            }
            $lines[$1 - 1] =~ s/ \*/ ETag/ if $change =~ s/, and names of headers instead of \* in Cors\w+ conf:(\d+)//;
            $unknown .= $change if $change ne '.';
        }
        elsif ($change =~ /\AWrite (\w+) in the script: /) { my $method = $1; $question =~ s/\A\S+/$method/ }
        elsif ($change =~ /\AThe server sends (\S+), not the page: remove it from the script\.\z/) { $question =~ s/\b\Q$1\E,?// }
        elsif ($change =~ /\ANo browser sends the origin (\S+): /) { next }
        elsif ($change =~ /\AThe browser sends (\S+): explain that origin\.\z/) { my $origin = $1; $question =~ s/ from \S+/ from $origin/ }
        else { $unknown .= "'$change' is no change; " }
    }
    push @lines, '<Location "/deep/er">', @inner, '</Location>' if @inner;
    @lines = map { split /\n/ } @lines;
    return (\@lines, $question, $unknown);
}

plan tests => @cases + 2 * @mistakes + 4 * @followed + 7;
for my $case (@cases) {
    my ($question, $verdict, @parts) = @$case;
    my $answer = asked($question);
    my @missing = grep { index($answer, $_) < 0 } @parts;
    push @missing, $verdict if $answer !~ /^\Q$verdict\E$/m;
    is_deeply(\@missing, [], $question) or diag($answer);
}
for my $case (@mistakes) {
    my ($question, $mistake) = @$case;
    my $check = config_check($conf, option($question));
    my $name = 'a malformed request is an error: CorsExplain ' . $question;
    like($check->{errors}, qr/^CorsExplain: \Q$mistake\E$/m, $name);
    is_deeply([ @$check{qw(code printed)} ], [ 1, '' ], "$name, with exit status 1");
}
for my $case (@followed) {
    my ($what, $lines, $question, $line) = @$case;
    my $answer = explained($lines, $question);
    like($answer->{verdict}, qr/\ADenied/, "$what: refused");
    my ($advised) = $answer->{advice} =~ /conf:(\d+)/;
    is($advised, $line, "$what: the advice names its line") or diag($answer->{advice});
    for my $within (0, 1) {
        my ($now, $then, @unknown) = ($answer, $question);
        my @lines = @$lines;
        # replace a request that no browser sends by the one that the advice suggests
        for (0 .. ($answer->{advice} =~ /explain that origin/ ? 1 : 0)) {
            my ($changed, $asked, $unknown) = follow($now->{advice}, \@lines, $then, $within);
            push @unknown, $unknown if $unknown;
            ($then, @lines) = ($asked, @$changed);
            $now = explained(\@lines, $then);
        }
        like("@unknown$now->{verdict}", qr/\AAllowed/, "$what: allowed when the advice is followed" . ($within ? ' within' : ''))
            or diag(join "\n", $answer->{advice}, @lines, $then, $now->{advice});
    }
}
Httpd::spew("$docs/excluded.txt", "https://*.example.org\n!https://old.example.org\n");
my $excluded = explained([ 'CorsPolicy On', "CorsAllowOriginsFile $docs/excluded.txt" ], "GET $deep from https://old.example.org")->{advice};
is($excluded, "To allow it, remove what excludes it from the file $docs/excluded.txt, or write CorsAllowOrigins +https://old.example.org in a nested section.",
    'a file that excludes an origin is named');
Httpd::spew("$docs/excluded.txt", "https://*.example.org\n");
is(explained([ 'CorsPolicy On', "CorsAllowOriginsFile $docs/excluded.txt" ], "GET $deep from https://old.example.org")->{verdict}, $yes,
    'following the advice for a file that excludes an origin allows the origin');
is(explained([ 'CorsPolicy On', 'CorsAllowOrigins https://app.example' ], "GET $deep from file://")->{advice},
    'To allow it, add file:// to CorsAllowOrigins conf:2, or write CorsAllowOrigins +file:// in a nested section.', 'the advice names the entry for file://');
like(explained([ 'CorsPolicy On', 'CorsAllowOrigins https://app.example', '<Location "/deep">', '<Limit PATCH>', 'CorsAllowOrigins https://patch.example', '</Limit>', '</Location>' ],
    "patch $deep from https://patch.example")->{advice}, qr/CorsAllowOrigins conf:2/, 'patch is not decided by <Limit PATCH>, as in httpd');
Httpd::spew("$docs/explained-frame.txt", "begin 1\nhttps://a.example.org\nend 1\n");
my @shops = ("CorsOriginSource shops file:$docs/explained-shops.txt", 'CorsPolicy On');
like(explained([ @shops, 'CorsAllowOriginsFrom shops "%{HTTP:X-Shop}"' ], "GET $deep from https://new.example")->{advice},
    qr/\AThis is the answer to a request without a tenant: .*, and not that of CorsAllowOriginsFrom conf:3\. To allow it, add the line https:\/\/new\.example and the tenant to the file /,
    'a tenant that is not known');
like(explained([ "LoadModule cors_sources_module $ENV{CORS_WORK}/mod_cors_sources.so", "CorsOriginSource shops prg:/bin/true state=$docs/explained-frame.txt", 'CorsPolicy On', 'CorsAllowOriginsFrom shops' ],
    "GET $deep from https://new.example")->{advice}, qr/\ATo allow it, add the line https:\/\/new\.example to the source of the file /, 'a list that a program prints');
is(config_check($conf)->{printed}, '', 'without CorsExplain nothing is printed');
