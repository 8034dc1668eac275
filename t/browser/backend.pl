# Licensed under the Apache License, Version 2.0; see LICENSE.
# What stands behind the API: it answers as the query says and knows nothing of
# CORS. status: the status; to: where a redirect goes; as: what kind of document;
# allow-origin: a header of a backend that sends it by itself; preflight: the
# status for OPTIONS.
use Mojolicious::Lite -signatures;
use Mojo::Util qw(b64_decode);

app->log->level('fatal');
@ARGV = ('daemon', '-l', "http://127.0.0.1:$ARGV[0]");

my %document = (
    js => [ 'text/javascript', 'export default 1; globalThis.loaded = true;' ],
    css => [ 'text/css', 'p { color: red }' ],
    events => [ 'text/event-stream', "data: one\n\n" ],
    png => [ 'image/png', b64_decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==') ],
    font => [ 'font/ttf', do { local (@ARGV, $/) = grep { -e } $ENV{CORS_FONT} // (); @ARGV ? scalar <> : '' } ],
);

websocket '/*any' => sub ($c) { $c->on(message => sub ($tx, $message) { $tx->send($message) }) };
any '/*any' => sub ($c) {
    my ($type, $text) = @{ $document{ $c->param('as') // '' } // [ 'text/plain', 'text' ] };
    my $headers = $c->res->headers;
    $headers->content_type($type);
    $headers->cache_control('no-store');
    $headers->header($_ => 'there') for qw(X-C X-D);
    $headers->etag('"one"');
    $headers->add('Access-Control-Allow-Origin' => $_) for split /\|/, $c->param('allow-origin') // '';
    my $options = $c->req->method eq 'OPTIONS';
    my $preflight = $c->param('preflight') // 200;
    $headers->location($c->param('to')) if defined $c->param('to') && (!$options || $preflight != 200);
    $c->render(data => $text, status => $options ? $preflight : $c->param('status') // 200);
};
app->start;
