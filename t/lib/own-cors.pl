# Licensed under the Apache License, Version 2.0; see LICENSE.
# An application that implements CORS itself, as many frameworks do: it answers the
# preflights of the one partner that it knows. Below /partner, a response to this
# partner has credentials and the names of two headers; below /anonymous, it has
# neither; below /silent, the application has no CORS headers. Every request is a line
# of a log.
use Mojolicious::Lite -signatures;

app->log->level('fatal');
@ARGV = ('daemon', '-l', "http://127.0.0.1:$ARGV[0]");
my $partner = 'https://partner.example';

hook before_dispatch => sub ($c) {
    open my $file, '>>', $ENV{APP_LOG} or die "$ENV{APP_LOG}: $!";
    syswrite $file, join(' ', $c->req->method, $c->req->url->path, $c->req->headers->origin // '-') . "\n";
};
any '/:kind/*rest' => { kind => 'silent', rest => '' } => sub ($c) {
    my ($asked, $answer, $kind) = ($c->req->headers, $c->res->headers, $c->param('kind'));
    my $is_preflight = $c->req->method eq 'OPTIONS' && $asked->header('Access-Control-Request-Method');
    if ($kind ne 'silent' && ($asked->origin // '') eq $partner) {
        $answer->add('Access-Control-Allow-Origin' => $partner);
        $answer->add('Access-Control-Allow-Credentials' => 'true') if $kind eq 'partner';
        $answer->add('Access-Control-Allow-Methods' => 'PUT') if $is_preflight;
        $answer->add('Access-Control-Expose-Headers' => $_) for $is_preflight || $kind ne 'partner' ? () : ('X-Total', 'X-Page');
    }
    $answer->add(Vary => 'Origin') if $kind ne 'silent';
    $c->render(text => $is_preflight ? '' : "app\n", status => $is_preflight ? 204 : 200);
};
app->start;
