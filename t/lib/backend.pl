# Licensed under the Apache License, Version 2.0; see LICENSE.
# The backend of httpd: HTTP with CORS headers of its own, and a WebSocket. It logs a line
# for each request, so that a test can check that there was none.
use Mojolicious::Lite -signatures;

app->log->level('fatal');
# if the only argument is a port, listen there
@ARGV = ('daemon', '-l', "http://127.0.0.1:$ARGV[0]")
    if @ARGV && $ARGV[0] =~ /\A\d+\z/;
my $log = $ENV{CORS_BACKEND_LOG};
open my $fresh, '>', $log or die "$log: $!";
close $fresh;

hook before_dispatch => sub ($c) {
    open my $file, '>>', $log or die "$log: $!";
    syswrite $file, join(' ', $c->req->method, $c->req->url->path) . "\n";
};
any '/own' => sub ($c) {
    $c->res->headers->add('Access-Control-Allow-Origin' => 'https://backend.example');
    $c->res->headers->add('Access-Control-Allow-Credentials' => 'true');
    $c->res->headers->add('Access-Control-Expose-Headers' => 'X-Backend');
    $c->res->headers->add('Vary' => 'Accept');
    $c->render(text => "own\n");
};
any '/plain' => sub ($c) { $c->render(text => "plain\n") };
any '/unmodified' => sub ($c) {
    $c->res->headers->etag('"one"');
    $c->res->headers->add('Access-Control-Allow-Origin' => 'https://backend.example');
    return $c->rendered(304) if defined $c->req->headers->if_none_match;
    $c->render(text => "unmodified\n");
};
# stale at once; to be revalidated
any '/stale' => sub ($c) {
    $c->res->headers->etag('"stale"');
    $c->res->headers->cache_control('max-age=0');
    $c->res->headers->add('Access-Control-Allow-Origin' => 'https://backend.example');
    $c->res->headers->add('Vary' => 'Accept');
    return $c->rendered(304) if defined $c->req->headers->if_none_match;
    $c->render(text => "stale\n");
};
any '/no-options' => sub ($c) {
    $c->render(text => "no\n", status => $c->req->method eq 'OPTIONS' ? 405 : 200);
};
any '/missing' => sub ($c) { $c->render(text => "missing\n", status => 404) };
any '/moved' => sub ($c) {
    $c->res->headers->add('Access-Control-Allow-Origin' => '*');
    $c->res->headers->location('https://elsewhere.example/');
    $c->render(text => "moved\n", status => 302);
};
# sends bytes that are not HTTP
any '/garbage' => sub ($c) {
    $c->render_later;
    Mojo::IOLoop->stream($c->tx->connection)
        ->write("HTTP/1.1 200 OK\r\nno field at all\r\n\r\n" => sub { shift->close });
};
# closes the connection instead of responding
any '/closed' => sub ($c) { $c->render_later; Mojo::IOLoop->stream($c->tx->connection)->close };
any '/broken' => sub ($c) { $c->render(text => "broken\n", status => 500) };
websocket '/echo' => sub ($c) {
    $c->on(message => sub ($tx, $message) { $tx->send("echo $message") });
};
app->start;
