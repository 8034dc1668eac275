/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file compare.h
 * @brief What two configurations allow differently: CorsCompare
 */

#ifndef CORS_COMPARE_H
#define CORS_COMPARE_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "core/diagnose/compare_lists.h"
#include "core/policy/policy.h"

/** The version of a snapshot in a dump. It changes when a member is removed or changes its
 * meaning. */
#define CORS_SNAPSHOT_VERSION 1

/** The policy of a section for some methods. */
typedef struct {
    /* the policy of requests to which the section applies; its links and its problem are
     * read, and no regular expression is matched */
    const cors_policy_t *policy;
    /* what the section itself sets */
    const cors_policy_t *own;
    /* const char *: the names of the methods; NULL: all methods */
    const apr_array_header_t *methods;
    /* every method that no group of the section names is one of them */
    bool others;
} cors_snapshot_group_t;

/** A section of a configuration, or a server itself. */
typedef struct {
    /* identifies the section on its server, also in another configuration; "": the server
     * itself */
    const char *key;
    /* the key of the section around it; "": the server */
    const char *outer;
    /* of <Location> or <Directory>: the kind, a space and the path without a final slash,
     * "location /api"; NULL: any other section */
    const char *path;
    /* "<Location /api>"; NULL: the server itself */
    const char *title;
    /* "file:line"; NULL: unknown */
    const char *where;
    /* only its path decides whether it applies, and path is a path of URLs */
    bool plain;
    /* const cors_snapshot_group_t *, at least one */
    const apr_array_header_t *groups;
} cors_snapshot_section_t;

/** A server with its sections. */
typedef struct {
    /* ServerName; NULL: none */
    const char *name;
    /* of a virtual host, "*:443"; NULL: the server outside of all virtual hosts */
    const char *address;
    /* the sections of the server outside apply to it unchanged */
    bool inherits;
    /* cors_snapshot_section_t *; the first one is the server itself */
    apr_array_header_t *sections;
} cors_snapshot_host_t;

/** The policies of a configuration. */
typedef struct {
    /* cors_snapshot_host_t *; the first one is outside of all virtual hosts */
    apr_array_header_t *hosts;
    /* name -> const cors_snapshot_file_t * */
    apr_hash_t *files;
} cors_snapshot_t;

/** What differs, the worst first. */
typedef enum {
    CORS_CHANGE_ALLOWED,   /* newly allowed */
    CORS_CHANGE_WEAKER,    /* a setting that protects protects less */
    CORS_CHANGE_UNDECIDED, /* it cannot be decided what is allowed now */
    CORS_CHANGE_DENIED,    /* no longer allowed */
    CORS_CHANGE_OTHER,     /* anything else, such as CorsMaxAge */
    CORS_CHANGE_COUNT
} cors_change_e;

/** What a difference is about. */
typedef enum {
    CORS_ASPECT_REQUEST,   /* a request that a page makes and reads */
    CORS_ASPECT_EXPOSE,    /* headers of the response that it reads */
    CORS_ASPECT_WEBSOCKET, /* a WebSocket that it opens */
    CORS_ASPECT_PROTECT,   /* a request that CorsProtect lets pass */
    CORS_ASPECT_SETTING,   /* a setting */
    CORS_ASPECT_COUNT
} cors_aspect_e;

/** A section of a server. */
typedef struct {
    const cors_snapshot_host_t *host;
    const cors_snapshot_section_t *section;
} cors_place_t;

/** One difference of two configurations. */
typedef struct {
    cors_change_e change;
    cors_aspect_e aspect;
    cors_place_t place;
    /* cors_place_t: other sections with the same difference, from the same settings; NULL:
     * none */
    apr_array_header_t *also;
    /* an origin that is treated differently; NULL: the difference is about a setting, or
     * undecided */
    const char *origin;
    /* there may be other such origins */
    bool more;
    /* const char *: the methods; NULL: all, or the difference is not about a method */
    apr_array_header_t *methods;
    /* methods lists those that are not concerned, of all methods */
    bool except;
    /* the request has credentials */
    bool credentials;
    /* the names of request headers, or of response headers that are exposed; or NULL */
    const char *headers;
    /* of a setting: its directive and its values; NULL: not set */
    const char *directive;
    const char *before;
    const char *now;
    /* "Directive file:line" of the settings that decide now and decided before */
    const char *decided_by;
    const char *decided_before;
    /* of an undecided difference: why */
    const char *obstacle;
    /* in the order in which differences were found */
    int number;
} cors_compared_t;

/**
 * Compare two configurations.
 *
 * Each section is compared with the one of the same key on the server of the same name and
 * address; one that is missing, with what applies to its requests instead. Origins are
 * compared by cors_algebra_compare(), so the answer is exact, or undecided.
 *
 * @param p    the pool of the result
 * @param old  the configuration before
 * @param now  the configuration now
 * @return an array of cors_compared_t, the worst first
 */
apr_array_header_t *cors_compare(apr_pool_t *p, const cors_snapshot_t *old,
                                 const cors_snapshot_t *now);

/** @return "newly allowed", "undecided" and so on, static */
const char *cors_change_text(cors_change_e change);

/** @return "request", "websocket" and so on, static */
const char *cors_aspect_text(cors_aspect_e aspect);

/** @return a difference as one line, without the newline */
const char *cors_compared_line(apr_pool_t *p, const cors_compared_t *compared);

/**
 * @return the arguments of CorsExplain for a request that shows a difference; NULL: the
 *         difference has no origin, or no URL is known to which only its section applies
 */
const char *cors_compared_request(apr_pool_t *p,
                                  const cors_compared_t *compared);

#endif /* CORS_COMPARE_H */
