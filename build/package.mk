# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Tarballs and packages, and their tests on bare machines.
.PHONY: html dist dist-check deb deb-check srpm rpm-check fresh-check

##  make html        make the manual as HTML in out/html
html: deps-html
	@sh build/manual

##  make dist        make out/dist/mod_cors_policy-VERSION.tar.gz
VERSION = $(shell sed -n 's/^\#define CORS_POLICY_VERSION "\(.*\)"/\1/p' include/mod_cors_policy.h)
dist:
	@VERSION=$(VERSION) sh build/dist

##  make dist-check  unpack it elsewhere, build and test it there
dist-check: deps deps-dist dist
	@VERSION=$(VERSION) APXS="$(APXS)" sh build/dist check

##  make deb         build a Debian package in out/deb, and check it with lintian
deb: deps-deb dist
	@VERSION=$(VERSION) sh build/deb

##  make deb-check   install, enable, use and purge it in a bare chroot
deb-check: deps-chroot deb
	@sh build/deb-check

##  make srpm        build a source package for Fedora in out/rpm
srpm: deps-rpm dist
	@VERSION=$(VERSION) sh build/srpm

##  make rpm-check   build the package from it with every section of the spec
rpm-check: srpm
	@APXS="$(APXS)" sh build/rpm-check

##  make fresh-check do in bare chroots of Debian releases what the README promises;
##                   RELEASES=trixie FRESH_AS='root user'
RELEASES = bookworm trixie
FRESH_AS = root user
fresh-check: deps-chroot
	@set -e; for release in $(RELEASES); do for who in $(FRESH_AS); do \
	    sh build/fresh-check $$release $$who; done; done
