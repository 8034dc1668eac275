# Licensed under the Apache License, Version 2.0; see LICENSE.
package Authority;

# A private certificate authority for the browser tests. Chromium accepts each certificate
# below it, because it is started with the hash of the authority's key. Firefox accepts every
# certificate.
use strict;
use warnings FATAL => 'all';
use Httpd ();

sub openssl {
    my (@args) = @_;
    my $said = `openssl @args 2>&1`;
    die "openssl @args: $said\n" if $?;
    return $said;
}

# Write browser.pem and browser-key.pem for some names and addresses to a new directory, since
# files of the tests run in parallel. Return the
# hash for --ignore-certificate-errors-spki-list.
sub certificate {
    my ($dir, @names) = @_;
    mkdir $dir or die "$dir: $!\n";
    my $key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2';
    openssl("req -x509 $key -subj '/CN=authority' -addext basicConstraints=critical,CA:TRUE -keyout $dir/ca-key.pem -out $dir/ca.pem");
    openssl("req $key -subj /CN=localhost -keyout $dir/browser-key.pem -out $dir/browser.csr");
    Httpd::spew("$dir/browser.ext", 'subjectAltName=', join(',', map { (/\A[\d.]+\z/ ? 'IP' : 'DNS') . ":$_" } @names), "\n");
    openssl("x509 -req -in $dir/browser.csr -CA $dir/ca.pem -CAkey $dir/ca-key.pem -CAcreateserial -days 2 -extfile $dir/browser.ext -out $dir/leaf.pem");
    Httpd::spew("$dir/browser.pem", Httpd::slurp("$dir/leaf.pem"), Httpd::slurp("$dir/ca.pem"));
    my $print = "openssl x509 -in $dir/ca.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl base64";
    chomp(my $hash = `$print`);
    return $hash;
}

1;
