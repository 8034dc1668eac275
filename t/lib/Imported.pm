# Licensed under the Apache License, Version 2.0; see LICENSE.
package Imported;

# What the importer prints and reports for a file, and its table of --verify. Its readers
# run in the process of the test.
use strict;
use warnings FATAL => 'all';

use lib "$ENV{CORS_WORK}/tools/cors-policy-import/lib";
use Exporter 'import';
use CorsImport::Httpd qw(import_httpd);
use CorsImport::Nginx qw(import_nginx);
use CorsImport::Policy qw(print_all %defined_origin @sections @report);
use CorsImport::Verify qw(verify_table);

our @EXPORT_OK = qw(imported);

my %reader = (httpd => \&import_httpd, nginx => \&import_nginx);

# For a file of a given kind: the configuration, the report and the table.
sub imported {
    my ($kind, $file) = @_;
    @sections = @report = @CorsImport::Policy::omitted = @CorsImport::Verify::places = ();
    %CorsImport::Classes::named = ();
    %defined_origin = ();
    $reader{$kind}->($file);
    my ($printed, $report_text) = ('', '');
    open my $out, '>', \$printed or die "$!\n";
    open my $report, '>', \$report_text or die "$!\n";
    my $before = select $out;
    { local *STDERR = $report; print_all() }
    select $before;
    return ($printed, $report_text, verify_table());
}

1;
