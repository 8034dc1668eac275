# Licensed under the Apache License, Version 2.0; see LICENSE.
# Arguments that keep httpd from starting: each error with its suggestion, beside the nearest
# argument that is accepted.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check config_fails config_starts);
use Httpd;

my $label63 = 'a' x 63;
my $host253 = join '.', ('a' x 63) x 3, 'a' x 61;

# A row: id of the error, arguments, suggestion (undef: none), the nearest accepted
# arguments. If only one word of the arguments is rejected, the second element is [word,
# arguments].
sub table {
    my ($directive, @rows) = @_;
    return map {
        my ($id, $args, $suggestion, $good) = @$_;
        my ($word, $text) = ref $args ? @$args : ($args, $args);
        $word =~ s/\A"(.*)"\z/$1/s if defined $word;
        { id => $id, directive => $directive, args => $text, word => $word, suggestion => $suggestion, good => $good };
    } @rows;
}

my @origins = (
    # schemes
    [ 'origin-scheme-missing', 'example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-scheme-missing', 'www.example.com', 'https://www.example.com', 'https://www.example.com' ],
    [ 'origin-scheme-missing', '//example.com', 'https://example.com', 'http://example.com' ],
    [ 'origin-scheme-missing', '*.example.com', 'https://*.example.com', 'https://*.example.com' ],
    [ 'origin-scheme-missing', 'example.com:8443', 'https://example.com:8443', 'https://example.com:8443' ],
    [ 'origin-scheme-missing', 'example.com:443', undef, 'https://example.com:444' ],
    [ 'origin-scheme-missing', 'localhost', 'http://localhost', 'http://localhost' ],
    [ 'origin-scheme-missing', 'localhost:3000', 'http://localhost:3000', 'http://localhost:3000' ],
    [ 'origin-scheme-missing', '127.0.0.1:8080', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080' ],
    [ 'origin-scheme-missing', '10.0.0.1', 'https://10.0.0.1', 'https://10.0.0.1' ],
    [ 'origin-scheme-missing', 'intranet', undef, 'https://intranet' ],
    [ 'origin-scheme-missing', 'https', undef, 'https://https' ],
    [ 'origin-scheme-missing', 'https:example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-scheme-missing', 'http//example.com', 'http://example.com', 'http://example.com' ],
    [ 'origin-host-missing', 'https:///example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-scheme-missing', 'https:/example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-scheme-missing', '://example.com', undef, 'http://example.com' ],
    [ 'origin-scheme-missing', '**', undef, '*' ],
    [ 'null-case', 'NULL', 'null', 'None' ],
    [ 'null-case', '!Null', '!null', '!https://null' ],
    [ 'origin-scheme-missing', 'all', '*', '*' ],
    [ 'self-place', 'Self', 'None', 'None' ],
    [ 'self-place', '!self', undef, '!https://self' ],
    [ 'origin-scheme-bad', 'HTTPS://example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-scheme-bad', 'Http://example.com', 'http://example.com', 'http://example.com' ],
    [ 'origin-scheme-bad', '1https://example.com', undef, 'h1ttps://example.com' ],
    [ 'origin-scheme-bad', 'ht_tp://example.com', undef, 'ht-tp://example.com' ],
    [ 'origin-scheme-bad', '.app://example.com', undef, 'a.pp+x-1://example.com' ],
    [ 'origin-scheme-wildcard', '*://example.com', 'https://example.com', 'https://example.com http://example.com' ],
    [ 'origin-scheme-wildcard', '*://*.example.com:*', 'https://*.example.com:*', 'https://*.example.com:*' ],
    [ 'origin-scheme-websocket', 'wss://example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-scheme-websocket', 'ws://example.com:8080', 'http://example.com:8080', 'http://example.com:8080' ],
    [ 'origin-file', 'file:///', 'file://', 'file://' ],
    [ 'origin-file', 'file:///home', 'file://', 'file://' ],
    [ 'origin-long', 'a' x 65 . '://example.com', undef, 'a' x 64 . '://example.com' ],

    # parts that an origin does not have
    [ 'origin-path', 'https://example.com/', 'https://example.com', 'https://example.com' ],
    [ 'origin-path', 'https://example.com//', 'https://example.com', 'https://example.com:8' ],
    [ 'origin-path', 'https://example.com/app', 'https://example.com', 'https://app.example.com' ],
    [ 'origin-path', 'https://example.com/*', 'https://example.com', 'https://*.example.com' ],
    [ 'origin-path', 'http://localhost:3000/', 'http://localhost:3000', 'http://localhost:3000' ],
    [ 'origin-path', 'https://example.com:443/', 'https://example.com', 'https://example.com:4430' ],
    [ 'origin-path', 'https://*.example.com/', 'https://*.example.com', 'https://*.example.com' ],
    [ 'origin-query', 'https://example.com?x=1', 'https://example.com', 'https://example.com' ],
    [ 'origin-query', 'https://example.com:81?', 'https://example.com:81', 'https://example.com:81' ],
    [ 'origin-fragment', '"https://example.com#top"', 'https://example.com', 'https://example.com' ],
    [ 'origin-userinfo', 'https://user@example.com', 'https://example.com', 'https://user.example.com' ],
    [ 'origin-userinfo', 'https://user:word@example.com:81', 'https://example.com:81', 'https://example.com:81' ],

    # hosts
    [ 'origin-host-missing', 'https://', undef, 'https://a' ],
    [ 'origin-host-missing', 'https://:8080', undef, 'https://a:8080' ],
    [ 'origin-host-missing', 'https://*.', undef, 'https://*.a' ],
    [ 'origin-host-case', 'https://Example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-host-case', 'https://EXAMPLE.COM:8443', 'https://example.com:8443', 'https://example.com:8443' ],
    [ 'origin-host-case', 'https://*.Example.com', 'https://*.example.com', 'https://*.example.com' ],
    [ 'origin-host-case', 'https://XN--BCHER-KVA.example', 'https://xn--bcher-kva.example', 'https://xn--bcher-kva.example' ],
    [ 'origin-host-unicode', "https://B\xc3\xbccher.example", 'https://xn--bcher-kva.example', 'https://xn--bcher-kva.example' ],
    [ 'origin-host-unicode', "https://*.b\xc3\xbccher.example", 'https://*.xn--bcher-kva.example', 'https://*.xn--bcher-kva.example' ],
    [ 'origin-host-unicode', "https://fa\xc3\x9f.de:8443", 'https://xn--fa-hia.de:8443', 'https://xn--fa-hia.de:8443' ],
    [ 'origin-host-unicode', "https://\xe4\xbe\x8b\xe5\xad\x90.example", 'https://xn--fsqu00a.example', 'https://xn--fsqu00a.example' ],
    [ 'origin-host-unicode', "https://b\xfccher.example", undef, 'https://xn--bcher-kva.example:1' ],
    [ 'origin-punycode-bad', 'https://xn--zzzzzzz99999.example', undef, 'https://xn--fsqu00a.example' ],
    [ 'origin-punycode-bad', 'https://xn--.example', undef, 'https://xn-.example' ],
    [ 'origin-punycode-bad', 'https://*.xn--abc-.example', undef, 'https://*.xn--80ak6aa92e.com' ],
    [ 'origin-host-bad', 'https://exam%70le.com', undef, 'https://example.com' ],
    [ 'origin-host-bad', 'https://example$.com', undef, 'https://example-.com' ],
    [ 'list-separator', 'https://example.com;', 'https://example.com', 'https://example.com' ],
    [ 'list-separator', 'https://a.example;https://b.example', 'https://a.example https://b.example', 'https://a.example https://b.example' ],
    [ 'list-separator', '+https://a.example|https://b.example', '+https://a.example +https://b.example', '+https://a.example' ],
    [ 'origin-expression', 'https://(www.)example.com', undef, 'https://www.example.com' ],
    [ 'origin-expression', 'https://[^.]+.example.com', undef, 'https://*.example.com' ],
    [ 'origin-expression', 'https://(www\.)?example.com', undef, 'https://www.example.com' ],
    [ 'origin-expression', 'https://www?.example.com', undef, 'https://www.example.com' ],
    [ 'origin-expression', '^https://a\.example$', 'https://a.example', 'https://a.example' ],
    [ 'origin-expression', '-^https?://a\.example', '-http://a.example -https://a.example', '-https://a.example' ],
    [ 'origin-expression', '/https:\/\/a\.example/', undef, 'https://a.example' ],
    [ 'origin-host-long', "https://a.$host253", undef, "https://$host253" ],
    [ 'origin-host-long', "https://a.$host253.", undef, "https://$host253." ],
    [ 'origin-label-long', "https://a$label63.example", undef, "https://$label63.example" ],
    [ 'origin-label-empty', 'https://a..example', undef, 'https://a.example' ],
    [ 'origin-label-empty', 'https://.example.com', 'https://*.example.com', 'https://*.example.com' ],
    [ 'origin-label-empty', 'https://example.com..', undef, 'https://example.com.' ],
    [ 'origin-label-empty', 'https://*..example.com', 'https://*.example.com', 'https://*.example.com' ],

    # addresses
    [ 'origin-ipv4-bad', 'http://127.1', 'http://127.0.0.1', 'http://127.0.0.1' ],
    [ 'origin-ipv4-bad', 'http://1.2.3', 'http://1.2.0.3', 'http://1.2.3.4' ],
    [ 'origin-ipv4-bad', 'http://192.168.01.1', 'http://192.168.1.1', 'http://192.168.1.1' ],
    [ 'origin-ipv4-bad', 'http://010.0.0.1', 'http://8.0.0.1', 'http://10.0.0.1' ],
    [ 'origin-ipv4-bad', 'http://0x7f.0.0.1', 'http://127.0.0.1', 'http://127.0.0.1' ],
    [ 'origin-ipv4-bad', 'http://2130706433', 'http://127.0.0.1', 'http://127.0.0.1' ],
    [ 'origin-ipv4-bad', 'http://4294967296', undef, 'http://255.255.255.255' ],
    [ 'origin-ipv4-bad', 'http://256.0.0.1', undef, 'http://255.0.0.1' ],
    [ 'origin-ipv4-bad', 'http://1.2.3.4.5', undef, 'http://1.2.3.4' ],
    [ 'origin-ipv4-bad', 'http://1.2.3.4.', 'http://1.2.3.4', 'http://1.2.3.4' ],
    [ 'origin-ipv4-bad', 'http://example.9', undef, 'http://9.example' ],
    [ 'origin-ipv4-bad', 'http://08.0.0.1', undef, 'http://7.0.0.1' ],
    [ 'origin-ipv6-bad', 'http://::1', 'http://[::1]', 'http://[::1]' ],
    [ 'origin-ipv6-bad', 'http://2001:db8::1', 'http://[2001:db8::1]', 'http://[2001:db8::1]' ],
    [ 'origin-ipv6-bad', 'http://::1:3000', undef, 'http://[::1]:3000' ],
    [ 'origin-ipv6-bad', 'http://2001:db8::1:443', undef, 'http://[2001:db8::1:443]' ],
    [ 'origin-ipv6-bad', 'http://::1:30000', 'http://[::1]:30000', 'http://[::1]:30000' ],
    [ 'origin-ipv6-bad', 'http://::1:abc', 'http://[::1:abc]', 'http://[::1:abc]' ],
    [ 'origin-ipv6-bad', 'http://1:2:3:4:5:6:7:8', 'http://[1:2:3:4:5:6:7:8]', 'http://[1:2:3:4:5:6:7:8]' ],
    [ 'origin-ipv6-bad', 'http://[::1', 'http://[::1]', 'http://[::1]' ],
    [ 'origin-ipv6-bad', 'http://[1:2:3]', undef, 'http://[1:2:3::]' ],
    [ 'origin-ipv6-bad', 'http://[::g]', undef, 'http://[::f]' ],
    [ 'origin-ipv6-bad', 'http://[1::2::3]', undef, 'http://[1::2:0:0:3]' ],
    [ 'origin-ipv6-bad', 'http://[]', undef, 'http://[::]' ],
    [ 'origin-ipv6-form', 'http://[::0001]', 'http://[::1]', 'http://[::1]' ],
    [ 'origin-ipv6-form', 'http://[0:0:0:0:0:0:0:1]:8080', 'http://[::1]:8080', 'http://[::1]:8080' ],
    [ 'origin-ipv6-form', 'http://[2001:DB8::1]', 'http://[2001:db8::1]', 'http://[2001:db8::1]' ],
    [ 'origin-ipv6-form', 'http://[::ffff:1.2.3.4]', 'http://[::ffff:102:304]', 'http://[::ffff:102:304]' ],
    [ 'origin-ipv6-form', 'http://[1:0:0:2:0:0:0:3]', 'http://[1:0:0:2::3]', 'http://[1:0:0:2::3]' ],
    [ 'origin-ipv6-form', 'http://[1::2:3:4:5:6:7]', 'http://[1:0:2:3:4:5:6:7]', 'http://[1:0:2:3:4:5:6:7]' ],
    [ 'origin-ipv6-zone', 'http://[fe80::1%25eth0]', 'http://[fe80::1]', 'http://[fe80::1]' ],
    [ 'origin-ipv6-zone', 'http://[fe80::1%eth0]:81', 'http://[fe80::1]:81', 'http://[fe80::1]:81' ],

    # ports
    [ 'origin-port-bad', 'https://example.com:0', undef, 'https://example.com:1' ],
    [ 'origin-port-bad', 'https://example.com:65536', undef, 'https://example.com:65535' ],
    [ 'origin-port-bad', 'https://example.com:99999999999', undef, 'https://example.com:9999' ],
    [ 'origin-port-bad', 'https://example.com:08080', 'https://example.com:8080', 'https://example.com:8080' ],
    [ 'origin-port-bad', 'https://example.com:0443', 'https://example.com', 'https://example.com' ],
    [ 'origin-port-bad', 'https://example.com:', 'https://example.com', 'https://example.com' ],
    [ 'origin-port-bad', 'https://example.com:http', undef, 'https://example.com:80' ],
    [ 'origin-port-bad', 'https://example.com:8080:9090', undef, 'https://example.com:8080 https://example.com:9090' ],
    [ 'origin-port-bad', 'http://127.0.0.1:80:81', undef, 'http://127.0.0.1:81' ],
    [ 'origin-port-bad', 'https://example.com:-1', undef, 'https://example.com:1' ],
    [ 'origin-port-bad', 'https://example.com:80*', undef, 'https://example.com:*' ],
    [ 'origin-port-bad', 'http://[::1]x', undef, 'http://[::1]:1' ],
    [ 'origin-port-default', 'http://example.com:80', 'http://example.com', 'http://example.com:443' ],
    [ 'origin-port-default', 'https://example.com:443', 'https://example.com', 'https://example.com:80' ],
    [ 'origin-port-default', 'https://*.example.com:443', 'https://*.example.com', 'https://*.example.com:444' ],
    [ 'origin-port-default', 'ftp://example.com:21', 'ftp://example.com', 'ftp://example.com:22' ],
    [ 'origin-port-default', 'http://[::1]:80', 'http://[::1]', 'http://[::1]:81' ],

    # wildcards
    [ 'wildcard-place', 'https://*example.com', 'https://*.example.com', 'https://*.example.com' ],
    [ 'wildcard-place', 'https://*-dev.example.com', 'CorsAllowOriginsMatch "https://[a-z0-9-]*-dev\.example\.com"', 'https://*.dev.example.com' ],
    [ 'wildcard-place', 'https://app*.example.com', 'CorsAllowOriginsMatch "https://app[a-z0-9-]*\.example\.com"', 'https://*.app.example.com' ],
    [ 'wildcard-place', 'https://a.*.example.com', 'CorsAllowOriginsMatch "https://a\.[a-z0-9-]+\.example\.com"', 'https://*.a.example.com' ],
    [ 'wildcard-place', 'https://example.*', undef, 'https://example.com' ],
    [ 'wildcard-place', 'https://*.*.example.com', 'https://*.example.com', 'https://*.example.com' ],
    [ 'wildcard-host', 'https://*', undef, 'https://*.com' ],
    [ 'wildcard-host', 'https://*:8443', undef, 'https://*.com:8443' ],
    [ 'wildcard-ip', 'http://*.127.0.0.1', 'http://127.0.0.1', 'http://127.0.0.1' ],
    [ 'wildcard-ip', 'http://*.0.0.1', undef, 'http://127.0.0.1' ],
    [ 'wildcard-ip', 'http://*.[::1]', undef, 'http://[::1]' ],

    # entries for the whole list, exclusions and edits
    [ 'any-origin-not-alone', [ 'https://example.com', '* https://example.com' ], undef, '*' ],
    [ 'any-origin-not-alone', [ '*', 'https://example.com *' ], undef, '*' ],
    [ 'any-origin-not-alone', [ '!https://example.com', '* !https://example.com' ], undef, '* *' ],
    [ 'none-not-alone', [ 'https://example.com', 'None https://example.com' ], undef, 'None' ],
    [ 'none-not-alone', [ 'none', 'https://example.com none' ], undef, 'none' ],
    [ 'exclusion-of-all', '!*', 'None', '!https://example.com' ],
    [ 'exclusion-of-all', '!None', undef, '!https://*.example.com' ],
    [ 'edit-of-all', '+*', '*', '+https://example.com' ],
    [ 'edit-of-all', '-*', 'None', '-https://example.com' ],
    [ 'edit-of-all', '+None', undef, '+https://*.example.com' ],
    [ 'edit-exclusion', '+!https://example.com', '-https://example.com', '-https://example.com' ],
    [ 'edit-exclusion', '-!https://example.com', '-https://example.com', '+https://example.com' ],
    [ 'edit-mixed', [ 'https://b.example', '+https://a.example https://b.example' ], undef, '+https://a.example +https://b.example' ],
    [ 'edit-mixed', [ '-https://b.example', 'https://a.example -https://b.example' ], undef, '-https://a.example -https://b.example' ],
    [ 'origin-path', '!https://example.com/', '!https://example.com', '!https://example.com' ],
    [ 'origin-path', '+https://example.com/', '+https://example.com', '+https://example.com' ],
    [ 'origin-port-default', '-http://example.com:80', '-http://example.com', '-http://example.com' ],
    [ 'argument-comment', [ '# ours and theirs', 'https://a.example # ours and theirs' ], undef, 'https://a.example' ],
    [ 'argument-comment', [ '#nobody', '#nobody' ], undef, 'None' ],
    [ 'argument-missing', [ undef, '' ], undef, 'https://example.com' ],
    [ 'argument-missing', [ undef, '""' ], undef, '"https://example.com"' ],
    [ 'argument-missing', [ undef, ','  ], undef, 'https://example.com,' ],
);

my @websocket = (
    [ 'origin-scheme-websocket', 'wss://example.com', 'https://example.com', 'https://example.com' ],
    [ 'origin-scheme-missing', 'example.com', 'https://example.com', '*' ],
    [ 'origin-file', 'file://host', 'file://', 'file://' ],
    [ 'origin-file', 'file:///home', 'file://', 'file://' ],
    [ 'origin-path', 'https://example.com/', 'https://example.com', 'https://example.com' ],
    [ 'any-origin-not-alone', [ 'https://example.com', '* https://example.com' ], undef, '*' ],
    [ 'edit-mixed', [ '+https://b.example', 'https://a.example +https://b.example' ], undef, '+file://' ],
);

my @match = (
    [ 'regex-bad', '"https://(a"', undef, '"https://(a)"' ],
    [ 'regex-bad', '"a)|(?:.*"', undef, '"(a)|(?:b.*)"' ],
    [ 'regex-bad', '"[a-"', undef, '"[a-z]+://x"' ],
    [ 'regex-bad', '"https://x{2,1}"', undef, '"https://x{1,2}"' ],
    [ 'regex-bad', '"*.example"', undef, '".*\.example"' ],
    [ 'regex-bad', '+', undef, '+https://a\.example' ],
    [ 'argument-comment', [ '# b', 'a # b' ], undef, '"#"' ],
    [ 'regex-slashes', '"/^https://a\.example$/"', '"^https://a\.example$"', '"^https://a\.example$"' ],
    [ 'regex-slashes', '"///"', undef, '"https://a\.example"' ],
    [ 'regex-slashes', '"-/https:\/\/a\.[a-z]+/i"', '"-https:\/\/a\.[a-z]+"', '"-https:\/\/a\.[a-z]+"' ],
    [ 'origin-path', '"https://a\.[a-z]+/"', '"https://a\.[a-z]+"', '"https://a\.[^/]+"' ],
    [ 'origin-path', '"^https://a\.[a-z]+\/.*$"', '"^https://a\.[a-z]+$"', '"^https://a\.[a-z]+/?$"' ],
    [ 'regex-arguments', '"https://a\.[a-z], https://b"', '"https://a\.[a-z]" "https://b"', '"https://a\.[, ]{1,3}"' ],
    [ 'regex-arguments', '"+https://a\.[a-z],https://b"', '"+https://a\.[a-z]" "+https://b"', '"+(?x)https://a\.[a-z], b"' ],
    [ 'edit-mixed', [ '+b', 'a +b' ], undef, '+a +b' ],
    [ 'argument-missing', [ undef, '' ], undef, 'a' ],
);

my @methods = (
    (map { [ 'method-case', lc, $_, $_ ] } qw(GET HEAD PUT PATCH POST DELETE OPTIONS PROPFIND REPORT SEARCH MKCOL)),
    [ 'method-case', 'Patch', 'PATCH', 'PATCH' ],
    [ 'method-case', '+patch', '+PATCH', '+PATCH' ],
    (map { [ 'method-forbidden', $_, undef, "X$_" ] } qw(CONNECT TRACE TRACK trace Connect)),
    [ 'method-token', '"G(T"', undef, 'GT' ],
    [ 'list-separator', 'GET;POST', 'GET POST', 'GET,POST' ],
    [ 'list-separator', 'GET|POST', 'GET POST', 'GET POST' ],
    [ 'list-separator', '-GET|put', '-GET -PUT', '-GET -PUT' ],
    [ 'name-exclusion', '!DELETE', '-DELETE', '-DELETE' ],
    [ 'name-exclusion', '+!DELETE', '-DELETE', '-DELETE' ],
    [ 'name-exclusion', [ '!DELETE', 'GET !DELETE' ], undef, 'GET' ],
    [ 'name-wildcard', 'P*', undef, 'PUT PATCH POST' ],
    [ 'methods-none', 'None', 'GET HEAD POST', 'GET HEAD POST' ],
    [ 'methods-none', [ 'none', 'GET none' ], undef, 'GET' ],
    [ 'method-token', 'GET/POST', 'GET POST', 'GET POST' ],
    [ 'method-token', 'GET:', 'GET', 'GET' ],
    [ 'method-token', "GET\xc3\xa4", undef, 'GETA' ],
    [ 'wildcard-not-alone', [ 'GET', '* GET' ], undef, '*' ],
    [ 'wildcard-not-alone', [ '*', 'GET *' ], undef, '*' ],
    [ 'edit-of-all', '+*', '*', '+PURGE' ],
    [ 'edit-mixed', [ 'PUT', '+GET PUT' ], undef, '+GET +PUT' ],
    [ 'edit-mixed', [ '-PUT', 'GET -PUT' ], undef, '-GET -PUT' ],
    [ 'argument-missing', [ undef, '' ], undef, 'GET' ],
);

my @headers = (
    [ 'header-token', [ 'X-Token:', '"X-Token: 1"' ], 'X-Token', 'X-Token' ],
    [ 'header-token', 'X-Token:', 'X-Token', 'X-Token' ],
    [ 'header-token', '+X-Token:', '+X-Token', '+X-Token' ],
    [ 'list-separator', 'X-A|X-B', 'X-A X-B', 'X-A X-B' ],
    [ 'name-exclusion', '!x-a', '-x-a', '-x-a' ],
    [ 'name-wildcard', 'X-*', undef, '*' ],
    [ 'header-token', 'X-Tok(en)', undef, 'X-Tok-en' ],
    [ 'header-token', 'X=1', undef, 'X-1' ],
    [ 'header-token', "X-\xc3\xa4", undef, 'X-a' ],
    [ 'none-not-alone', [ 'X-Token', 'None X-Token' ], undef, 'None' ],
    [ 'none-not-alone', [ 'None', 'X-Token None' ], undef, '* Authorization' ],
    [ 'none-not-alone', [ '*', 'None *' ], undef, '*' ],
    [ 'edit-of-all', '+*', '*', '+X-Token' ],
    [ 'edit-of-all', '-None', undef, '-X-Token' ],
    [ 'edit-mixed', [ 'X-B', '+X-A X-B' ], undef, '+X-A +X-B' ],
    [ 'argument-missing', [ undef, '' ], undef, 'X-Token' ],
);

my @expose = (
    (map { [ 'expose-forbidden', $_, undef, "X-$_" ] } qw(Set-Cookie Set-Cookie2 set-cookie)),
    (map { [ 'expose-is-request', $_, undef, "X-$_" ] }
        qw(Accept-Charset Accept-Language Cookie Host If-Match If-None-Match Origin Referer User-Agent
        Access-Control-Request-Method Proxy-Authorization)),
    [ 'list-separator', 'ETag;', 'ETag', 'Accept Accept-Encoding' ],
    [ 'name-wildcard', 'X-*', undef, 'X-A X-B' ],
    [ 'wildcard-not-alone', [ 'ETag', '* ETag' ], undef, '*' ],
    [ 'wildcard-not-alone', [ '*', 'ETag *' ], undef, 'ETag' ],
    [ 'none-not-alone', [ 'ETag', 'None ETag' ], undef, 'None' ],
    [ 'edit-of-all', '+*', '*', '+ETag' ],
    [ 'edit-mixed', [ '+Age', 'ETag +Age' ], undef, '+ETag -Age' ],
    [ 'argument-missing', [ undef, '' ], undef, 'ETag' ],
);

my @max_age = (
    [ 'max-age-bad', 'soon', undef, '10' ],
    [ 'max-age-bad', '-1', '0', '0' ],
    [ 'max-age-bad', '1d', '24h', '24h' ],
    [ 'max-age-bad', '10x', undef, '10s' ],
    [ 'max-age-bad', '1.5h', undef, '90m' ],
    [ 'max-age-bad', '10ms', undef, '10mi' ],
    [ 'max-age-bad', '0x10', undef, '16' ],
    [ 'max-age-bad', 'off', 'None', 'None' ],
    [ 'max-age-range', '99999999999999', '2h', '99999' ],
    [ 'max-age-range', '99999999999999999999', '2h', '99999' ],
    [ 'max-age-range', '86400000', '2h', '86400' ],
    [ 'max-age-range', '31536001', '2h', '31536000' ],
    [ 'max-age-range', '8761h', '2h', '8760h' ],
    [ 'argument-comment', [ '# ten minutes', '10m # ten minutes' ], undef, '10m' ],
    [ 'argument-extra', [ 's', '10 s' ], 'CorsMaxAge 10s', '10s' ],
    [ 'argument-missing', [ undef, '' ], undef, 'None' ],
);

my @status = (
    [ 'status-allowed', '302', '204', '200' ],
    [ 'status-allowed', '199', '204', '299' ],
    [ 'status-allowed', 'OK', '204', '204' ],
    [ 'status-allowed', '0200', '204', '201' ],
    [ 'status-denied', [ '500', '204 500' ], '403', '204 499' ],
    [ 'status-denied', [ '300', '204 300' ], '403', '204 299' ],
    [ 'status-denied', [ 'no', '204 no' ], '403', '204 404' ],
    [ 'argument-comment', [ '# no body', '204 # no body' ], undef, '204' ],
    [ 'argument-comment', [ '#', '#' ], undef, '204' ],
    [ 'argument-extra', [ '1', '204 403 1' ], undef, '204 403' ],
    [ 'argument-missing', [ undef, '' ], undef, '204' ],
);

my @choices = (
    [ CorsPolicy => [ 'choice-unknown', 'Maybe', 'Off, On or ReportOnly', 'On' ] ],
    [ CorsPolicy => [ 'choice-unknown', 'Report-Only', 'ReportOnly', 'reportonly' ] ],
    [ CorsPolicy => [ 'choice-unknown', 'true', 'On', 'on' ] ],
    [ CorsPolicy => [ 'choice-unknown', 'false', 'Off', 'off' ] ],
    [ CorsPolicy => [ 'argument-extra', [ 'Off', 'On Off' ], undef, 'Off' ] ],
    [ CorsPolicy => [ 'argument-missing', [ undef, '' ], undef, 'ReportOnly' ] ],
    [ CorsProtect => [ 'choice-unknown', 'Maybe', 'Off, On, ReportOnly, On Strict or ReportOnly Strict', 'On' ] ],
    [ CorsProtect => [ 'choice-unknown', 'Strict', 'On Strict', 'on strict' ] ],
    [ CorsProtect => [ 'choice-unknown', 'Off Strict', 'Off, On, ReportOnly, On Strict or ReportOnly Strict', 'ReportOnly Strict' ] ],
    [ CorsProtect => [ 'choice-unknown', 'true', 'On', 'Off' ] ],
    [ CorsProtect => [ 'argument-extra', [ 'Strict', 'On Strict Strict' ], undef, 'On Strict' ] ],
    [ CorsProtect => [ 'argument-missing', [ undef, '' ], undef, 'ReportOnly' ] ],
    [ CorsProtectAllowOrigins => [ 'protect-any-origin', '*', undef, 'https://*.example.com' ] ],
    [ CorsProtectAllowOrigins => [ 'origin-path', 'https://example.com/', 'https://example.com', 'https://example.com' ] ],
    [ CorsProtectAllowOrigins => [ 'argument-missing', [ undef, '' ], undef, 'None' ] ],
    [ CorsTimingAllowOrigin => [ 'choice-unknown', 'On', 'Policy', '*' ] ],
    [ CorsTimingAllowOrigin => [ 'choice-unknown', 'true', 'Policy', 'policy' ] ],
    [ CorsTimingAllowOrigin => [ 'choice-unknown', 'none', 'Off', 'off' ] ],
    [ CorsTimingAllowOrigin => [ 'choice-unknown', 'https://a.example', 'Off, Policy or *', 'Policy' ] ],
    [ CorsTimingAllowOrigin => [ 'argument-extra', [ '*', 'Policy *' ], undef, 'Policy' ] ],
    [ CorsTimingAllowOrigin => [ 'argument-missing', [ undef, '' ], undef, 'Off' ] ],
    [ CorsResourcePolicy => [ 'choice-unknown', 'On', 'Off, same-origin, same-site or cross-origin', 'same-site' ] ],
    [ CorsResourcePolicy => [ 'choice-unknown', 'sameorigin', 'same-origin', 'Same-Origin' ] ],
    [ CorsResourcePolicy => [ 'choice-unknown', 'cross-site', 'Off, same-origin, same-site or cross-origin', 'cross-origin' ] ],
    [ CorsResourcePolicy => [ 'argument-extra', [ 'same-site', 'same-origin same-site' ], undef, 'Off' ] ],
    [ CorsResourcePolicy => [ 'argument-missing', [ undef, '' ], undef, 'Off' ] ],
    [ CorsPreflight => [ 'choice-unknown', 'On', 'Answer or Continue', 'Answer' ] ],
    [ CorsBackendHeaders => [ 'choice-unknown', 'Drop', 'Replace, Keep, KeepExposed, KeepCredentials or KeepBoth', 'KeepBoth' ] ],
    [ CorsBackendHeaders => [ 'argument-extra', [ 'KeepCredentials', 'KeepExposed KeepCredentials' ], undef, 'KeepBoth' ] ],
    (map { ([ $_ => [ 'choice-unknown', 'Maybe', 'Off or On', 'On' ] ],
            [ $_ => [ 'choice-unknown', 'yes', 'On', 'Off' ] ]) }
        qw(CorsAllowCredentials CorsAllowAnyOriginWithCredentialsUnsafe CorsAllowNullOriginUnsafe
        CorsAllowPublicSuffixUnsafe CorsRejectDisallowed CorsAllowPrivateNetwork CorsSetEnv CorsWebSocketRequireOrigin CorsProtectEmbedding CorsProtectHost)),
);

my @bad = (
    table(CorsAllowOrigins => @origins),
    table(CorsWebSocketAllowOrigins => @websocket),
    table(CorsAllowOriginsMatch => @match),
    table(CorsAllowMethods => @methods),
    table(CorsAllowHeaders => @headers),
    table(CorsExposeHeaders => @expose),
    table(CorsMaxAge => @max_age),
    table(CorsPreflightStatus => @status),
    map { table($_->[0] => $_->[1]) } @choices,
);

# All errors of one directive's arguments are reported at once.
my @all_at_once = (
    [ "\nCorsAllowOrigins a.example https://ok.example https://b.example/ http://c.example:80 d..e\n", 2,
      "'a.example': ", 'write https://a.example [origin-scheme-missing]',
      "'https://b.example/': ", 'write https://b.example [origin-path]',
      "'http://c.example:80': ", 'write http://c.example [origin-port-default]', "'d..e': " ],
    [ "CorsAllowMethods get, trace, put\n", 1, 'write GET', '[method-forbidden]', 'write PUT' ],
    [ "CorsAllowHeaders a|b, X-*, X:\n", 1, '[list-separator]', '[name-wildcard]', '[header-token]' ],
    [ "CorsPreflightStatus 302 500 1\n", 1, '[status-allowed]', '[status-denied]', '[argument-extra]' ],
    [ 'CorsAllowOrigins ' . join(' ', map { "a$_.example" } 1 .. 22) . "\n", 1, 'write https://a20.example [origin-scheme-missing]. And 2 more errors' ],
    [ "CorsProtectAllowOrigins all\n", 1, 'https://example.com [origin-scheme-missing]' ],
    [ "CorsProtectAllowOrigins https://app-*.example.com\n", 1, 'or the port [wildcard-place]' ],
    [ "CorsPolicy \\\n  Maybe Off\n", 2, '[choice-unknown]', '[argument-extra]' ],
);

plan tests => 2 * @bad + @all_at_once + 5;

# The suggestion, as a line of a configuration.
sub line_of {
    my ($row) = @_;
    my ($args, $word, $suggestion) = @$row{qw(args word suggestion)};
    return $suggestion if $suggestion =~ /\ACors/;
    $args =~ s/\A"?\Q$word\E"?\z|\Q$word\E/$suggestion/;
    return "$row->{directive} $args";
}

cmp_ok(scalar @bad, '>=', 250, 'there are at least 250 errors');
for my $row (@bad) {
    my @sentences = ("$row->{directive}: ", defined $row->{word} ? "'" . shown($row->{word}) . "': " : ());
    push @sentences, defined $row->{suggestion} ? '; write ' . shown($row->{suggestion}) . " [$row->{id}]" : " [$row->{id}]";
    push @sentences, \'; write ' if !defined $row->{suggestion};
    config_fails("$row->{directive} $row->{args}", "\n$row->{directive} $row->{args}\n", 2, @sentences);
}

# httpd escapes bytes that are not ASCII in its log lines
sub shown {
    my ($word) = @_;
    $word =~ s/\\/\\\\/g;
    $word =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
    return $word;
}

# The accepted arguments: each in a section of its own, all in one file; each is run by
# itself only if that file fails.
my $number = 0;
my $together = config_check(join '', map {
    $number++;
    "<Location /n$number>\n$_->{directive} $_->{good}\n</Location>\n";
} @bad);
for my $row (@bad) {
    my $name = "$row->{directive} $row->{good}";
    if ($together->{code} == 0) {
        pass("$name: httpd -t accepts it");
    }
    else {
        config_starts($name, "$row->{directive} $row->{good}\n");
    }
}

# Suggestions are accepted, except for those that offer a choice.
$number = 0;
my $written = config_check(join '', map {
    $number++;
    "<Location /w$number>\n" . line_of($_) . "\n</Location>\n";
} grep { defined $_->{suggestion} && $_->{suggestion} !~ / or / } @bad);
is($written->{code}, 0, 'httpd -t accepts all suggestions') or diag($written->{errors});

# Nothing that httpd -t accepts fails later: all accepted arguments in one server that
# starts, restarts, and keeps running when httpd -t checks a wrong configuration.
my $all = Httpd->start(name => 'neighbours', expected => qr/Warning: /,
    text => "Listen 127.0.0.1:\@port\@\n" . join '', map { "<Location /n$_>\n$bad[$_]{directive} $bad[$_]{good}\n</Location>\n" } 0 .. $#bad);
ok($all->graceful, 'a server with all accepted arguments restarts gracefully');
like($all->run('-t -c "CorsPolicy Maybe"'), qr/\[choice-unknown\]/, 'httpd -t reports an error that -c adds');
ok($all->graceful && $all->is_running, 'httpd -t with an error does not affect the running server');

config_fails("all of line $_->[1] at once: " . (split /\n/, $_->[0])[-1], @$_) for @all_at_once;
