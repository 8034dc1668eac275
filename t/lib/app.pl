# Licensed under the Apache License, Version 2.0; see LICENSE.
# An application behind httpd that sends CORS headers of its own: on every path it allows
# one partner, answers OPTIONS with 405 and sends Vary. It logs a line for each request.
use Mojolicious::Lite -signatures;

app->log->level('fatal');
@ARGV = ('daemon', '-l', "http://127.0.0.1:$ARGV[0]");

hook before_dispatch => sub ($c) {
    open my $file, '>>', $ENV{APP_LOG} or die "$ENV{APP_LOG}: $!";
    syswrite $file, join(' ', $c->req->method, $c->req->url->path) . "\n";
};
websocket '/socket' => sub ($c) {
    $c->on(message => sub ($tx, $message) { $tx->send("echo $message") });
};
# a part without CORS headers, which answers OPTIONS
any '/*part/silent' => sub ($c) {
    $c->render(text => "app\n", status => $c->req->method eq 'OPTIONS' ? 204 : 200);
};
any '/*anything' => sub ($c) {
    my $answer = $c->res->headers;
    $answer->add('Access-Control-Allow-Origin' => 'https://partner.example');
    $answer->add('Access-Control-Allow-Credentials' => 'true');
    $answer->add(Vary => 'Accept-Language');
    $c->render(text => "app\n", status => $c->req->method eq 'OPTIONS' ? 405 : 200);
};
app->start;
