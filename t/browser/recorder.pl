# Licensed under the Apache License, Version 2.0; see LICENSE.
# An application without any protection, for protect.t: it writes each request that reaches
# it to the file CORS_REACHED, by the id in its query or its body, and answers it.
#   /hop        a redirect: status, to
#   /*/sw.js    a service worker: pass, getonly or rebuild
#   as          the kind of document; login: it sets a cookie; reload: it reloads itself once
use Mojolicious::Lite -signatures;
use Mojo::Util qw(b64_decode);

app->log->level('fatal');
@ARGV = ('daemon', '-l', "http://127.0.0.1:$ARGV[0]");

my $reload = <<'PAGE';
<!DOCTYPE html><title>page</title><script>
if (performance.getEntriesByType("navigation")[0].type !== "reload") { location.reload(); }
</script>
PAGE
my %document = (
    html => [ 'text/html', '<!DOCTYPE html><title>page</title>' ],
    reload => [ 'text/html', $reload ],
    js => [ 'text/javascript', 'export default 1;' ],
    css => [ 'text/css', 'p { color: red }' ],
    events => [ 'text/event-stream', "data: one\n\n" ],
    png => [ 'image/png', b64_decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==') ],
);
my %respond = (
    pass => 'event.respondWith(fetch(event.request));',
    getonly => 'if (event.request.method === "GET") { event.respondWith(fetch(event.request)); }',
    rebuild => 'event.respondWith(event.request.blob().then((blob) => fetch(event.request.url, {
        method: event.request.method, credentials: "include", body: event.request.method === "GET" ? undefined : blob })));',
);

sub record ($c) {
    my $id = $c->param('id') // return;
    open my $file, '>>', $ENV{CORS_REACHED} or die "$ENV{CORS_REACHED}: $!";
    syswrite $file, join(' ', $id, $c->req->method) . "\n";
    return;
}

websocket '/*any' => sub ($c) { record($c); $c->on(message => sub ($tx, $message) { $tx->send($message) }) };
any '/hop' => sub ($c) {
    my $headers = $c->res->headers;
    $headers->header('Access-Control-Allow-Origin' => $c->req->headers->origin // '*');
    $headers->header('Access-Control-Allow-Credentials' => 'true');
    $headers->location($c->param('to'));
    $c->render(data => '', status => $c->param('status'));
};
get '/:worker/sw.js' => sub ($c) {
    my $script = 'self.addEventListener("install", () => self.skipWaiting()); self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));'
        . 'self.addEventListener("fetch", (event) => {' . $respond{ $c->param('worker') } . '});';
    $c->res->headers->content_type('text/javascript');
    $c->render(data => $script);
};
any '/*any' => sub ($c) {
    record($c);
    my $as = $c->param('as') // 'html';
    my ($type, $text) = @{ $document{$as} // $document{html} };
    $c->res->headers->content_type($type);
    $c->res->headers->cache_control('no-store');
    $c->res->headers->add('Set-Cookie' => 'session-' . $c->param('id') . '=attacker; Path=/; Secure; SameSite=Lax') if $as eq 'login';
    $c->render(data => $text);
};
app->start;
