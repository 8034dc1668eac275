/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file httpd.h
 * @brief What the files of src/httpd share, and httpd's headers. The core never
 *   includes it.
 */

#ifndef CORS_HTTPD_HTTPD_H
#define CORS_HTTPD_HTTPD_H

#include <string.h>

#include <httpd.h>
#include <ap_expr.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <util_filter.h>

#include <apr_hash.h>
#include <apr_uri.h>

#include "core/base/compiler.h"
#include "core/diagnose/stats.h"
#include "core/diagnose/advice.h"
#include "core/policy/decide.h"
#include "core/diagnose/explain.h"
#include "core/base/json.h"
#include "core/origin/origin_set.h"
#include "core/origin/origin_source.h"
#include "core/base/path_index.h"
#include "core/policy/section.h"

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 88)
#error "mod_cors_policy needs Apache httpd 2.4.41 or newer"
#endif

extern module AP_MODULE_DECLARE_DATA cors_policy_module;
APLOG_USE_MODULE(cors_policy);

/* directives.c: a handler for each kind of directive. cmd->info identifies the
 * attribute to set. Each handler parses the raw arguments and reports all mistakes in
 * them at once. */

/** Each attribute by its number; cmd->info points to one of them. */
extern const cors_attr_e cors_attrs[CORS_ATTR_COUNT];

/**
 * The handlers of directives.
 *
 * @param cmd      its info points to an element of cors_attrs
 * @param section  the cors_section_t to fill
 * @param args     the raw arguments
 * @return NULL, or a message with all errors
 */
const char *cors_set_choice(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_origins(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_origins_match(cmd_parms *cmd, void *section,
                                   const char *args);
const char *cors_set_origins_file(cmd_parms *cmd, void *section,
                                  const char *args);
const char *cors_set_origins_file_reload(cmd_parms *cmd, void *section,
                                         const char *args);
const char *cors_set_names(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_max_age(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_preflight_status(cmd_parms *cmd, void *section,
                                      const char *args);

/* same_lists.c: shares lists that begin with the same arguments */

/** The maximum length of the arguments of a shared list, in bytes. */
#define CORS_SAME_LIST_MAX 65536

/** A list that one line has begun. */
typedef struct {
    bool edit;
    cors_origin_set_t *origins; /* NULL if it is a list of names */
    cors_name_set_t *names;
    const char *args;
} cors_same_list_t;

/**
 * @param temp  the pool that is destroyed after the configuration is read
 * @return the stored list of an attribute with the same arguments; NULL: none
 */
const cors_same_list_t *cors_same_list_find(apr_pool_t *temp, cors_attr_e attr,
                                            const char *args);

/**
 * Offer the list of a setting for sharing. It must not be changed afterwards.
 *
 * @param temp  as for cors_same_list_find()
 * @param args  the arguments of the only line that has added to it
 * @return a copy of @a args in the pool; NULL: too long, so the list is not shared
 */
const char *cors_same_list_keep(apr_pool_t *temp, const cors_setting_t *setting,
                                const char *args);

/** httpd's create_dir_config and merge_dir_config */
void *cors_create_dir_config(apr_pool_t *p, char *dir);
void *cors_merge_dir_configs(apr_pool_t *p, void *outer, void *inner);

/**
 * @param name  two characters or more; a container is named as "<Limit"
 * @return whether a directive or container has a name, in any case
 */
static inline bool cors_directive_is(const ap_directive_t *directive,
                                     const char *name)
{
    /* most names differ in the first two characters */
    return ((directive->directive[0] ^ name[0]) & ~0x20) == 0
           && ((directive->directive[1] ^ name[1]) & ~0x20) == 0
           && ap_cstr_casecmp(directive->directive, name) == 0;
}

/**
 * @return whether the configuration that was read into a pool has a directive of this
 *   module, not counting .htaccess files
 */
bool cors_is_configured(apr_pool_t *pconf);

/** @return the section in a configuration vector; NULL: none */
const cors_section_t *cors_section_of(const ap_conf_vector_t *config);

/* sections.c: visits all sections of all virtual hosts */

/** The kind of requests that a section of the configuration is for. */
typedef enum {
    CORS_SITE_SERVER, /* not a section: a server or virtual host itself */
    CORS_SITE_DIRECTORY,
    CORS_SITE_LOCATION,
    CORS_SITE_FILES,
    CORS_SITE_IF,   /* and any other section that may apply to any request */
    CORS_SITE_KINDS /* the number of kinds */
} cors_site_e;

/**
 * Which requests a part of the configuration is for, as far as start-up can determine.
 */
typedef struct {
    cors_site_e kind;           /* of the outermost section around it */
    const ap_directive_t *host; /* <VirtualHost>; NULL: none */
    const char *path;           /* of <Location> or <Directory>; NULL: any */
} cors_scope_t;

/** A section with directives of this module, as if it alone applied with its server. */
typedef struct cors_site_t {
    server_rec *server;
    cors_site_e kind;
    cors_scope_t scope;           /* its host is that of the server */
    const cors_section_t *own;    /* the section itself */
    const cors_section_t *merged; /* merged with all that it inherits */
    const cors_place_t *place;    /* its title is NULL for a server itself */
    /* for a server itself: a virtual host without a directive of this module at its own
     * level, so that the base server's sections apply to it unchanged */
    bool inherits;
} cors_site_t;

/**
 * Returns the sections of a server and its virtual hosts, in the order in which httpd
 * stores them. Each server's own level comes first, even if it has no directive. What a
 * virtual host inherits unchanged (see cors_site_t.inherits) is listed only where it is
 * written, so that the size of the list is linear in that of the configuration.
 *
 * @param p       the pool for the sections and their array
 * @param server  the base server
 * @return an array of const cors_site_t *
 */
apr_array_header_t *cors_sites(apr_pool_t *p, server_rec *server);

/** Called for each section. @a site is valid only during the call. */
typedef void (*cors_site_fn)(void *context, const cors_site_t *site);

/**
 * Visit each section of each server, and for each virtual host also the sections that
 * it inherits. Of a section's scope, only the host is filled.
 *
 * @param p       used during the call
 * @param server  the base server
 * @param only    visit the sections of this server only; NULL: of all servers
 */
void cors_sites_visit(apr_pool_t *p, server_rec *server, const server_rec *only,
                      cors_site_fn visit, void *context);

/** Visit the settings of all sections where they are written. */
void cors_settings_visit(apr_pool_t *p, server_rec *server,
                         cors_setting_fn visit, void *context);

/**
 * Retain what cors_sites_visit() needs while requests are served. httpd's strings of
 * file names may be freed after start-up (mod_macro allocates them in its temporary
 * pool).
 *
 * @param p        the configuration's pool
 * @param scratch  used during the call
 * @return whether a SetHandler enables the status page
 */
bool cors_sites_retain(apr_pool_t *p, apr_pool_t *scratch, server_rec *server);

/** The argument of SetHandler that enables the status page. */
#define CORS_PAGE_HANDLER "cors-policy"

/**
 * Returns whether the SetHandler in force for a request enables the status page and is
 * in the server's own configuration. The author of a .htaccess file can set the same
 * handler by SetHandler, by a file type or by a rewrite rule; that does not enable the
 * page.
 */
bool cors_page_configured(const request_rec *r);

/**
 * @return whether Satisfy Any is in force for a request for the page, but is not in the
 *   same container as its SetHandler: a .htaccess file may have set it
 */
bool cors_page_opened(request_rec *r);

/**
 * @param number  from 0
 * @return one of the sections
 */
const cors_site_t *cors_site_at(const apr_array_header_t *sites, int number);

/** @return whether a setting was made in the section itself, not inherited */
bool cors_site_owns(const cors_site_t *site, const cors_setting_t *setting);

/**
 * @param p     the pool for the path
 * @param node  a container; NULL: the server itself
 * @return the scope of what is in the container
 */
cors_scope_t cors_scope_of(apr_pool_t *p, const ap_directive_t *node);

/**
 * @return whether a part of the configuration and a site can apply to the same request;
 *   only false is certain
 */
bool cors_scope_may_meet(const cors_scope_t *scope, const cors_site_t *site);

/** Whether a site's containers match a URL path and a file. */
typedef enum {
    CORS_SITE_NO,
    CORS_SITE_YES,
    CORS_SITE_PERHAPS /* an <If>, which only a request can evaluate */
} cors_match_e;

/**
 * @param p     scratch
 * @param path  of the URL, decoded
 * @param file  the path appended to DocumentRoot
 * @return whether a site applies to a request, as far as its path determines that
 */
cors_match_e cors_site_match(apr_pool_t *p, const cors_site_t *site,
                             const char *path, const char *file);

/**
 * @return a URL's host as in browsers and in Host: in lower case, and an IPv6 address
 *   in brackets, which APR has removed
 */
const char *cors_uri_host(apr_pool_t *p, const apr_uri_t *uri);

/**
 * Parse the URL of a request to explain.
 *
 * @param uri       filled; its scheme in lower case
 * @param question  all zero before; the target origin, if the URL has one, and whether
 *   it is a handshake are set
 * @return false if it is not a URL
 */
bool cors_question_url(apr_pool_t *p, const char *url, apr_uri_t *uri,
                       cors_question_t *question);

/**
 * Find the virtual host of a URL by its name and port.
 *
 * @param uri        with a host
 * @param otherwise  returned if no virtual host has the name; NULL: the first one of
 *   the port, as in httpd, or the base server
 */
server_rec *cors_server_for(server_rec *main_server, const apr_uri_t *uri,
                            server_rec *otherwise);

/** @return the \<Proxy> sections of a server, ap_conf_vector_t *; NULL: none */
const apr_array_header_t *cors_proxy_sections(const server_rec *server);

/** @return whether any .htaccess file may have directives of this module */
bool cors_htaccess_allowed(const server_rec *server);

/* scopes.c: which parts of a configuration can apply to the same request */

/** An index of numbered parts of the configuration. Opaque. */
typedef struct cors_scope_index_t cors_scope_index_t;

/** @return an empty index that lives as long as @a p */
cors_scope_index_t *cors_scope_index_make(apr_pool_t *p);

/**
 * Add a part.
 *
 * @param owner   any key that the caller chooses; may be NULL
 * @param kind    the kind of requests that it is for
 * @param path    of \<Location> or \<Directory>; NULL: any; not copied
 * @param number  0 or more, and greater than that of all parts added before
 */
void cors_scope_index_add(cors_scope_index_t *index, const void *owner,
                          cors_site_e kind, const char *path, int number);

/**
 * @return the lowest number of an owner's part, other than @a except, that can apply to
 *   the same request as one of a kind and a path, by the rule of cors_scope_may_meet();
 *   CORS_PATH_NONE: none
 */
int cors_scope_index_meet(const cors_scope_index_t *index, const void *owner,
                          cors_site_e kind, const char *path, int except);

/**
 * @return the lowest number of an owner's part of a kind that applies to a path: one
 *   without a path, or with a path that is equal or above; CORS_PATH_NONE: none
 */
int cors_scope_index_above(const cors_scope_index_t *index, const void *owner,
                           cors_site_e kind, const char *path);

/** @return whether an owner has a part */
bool cors_scope_index_has(const cors_scope_index_t *index, const void *owner);

/* startup.c: the checks of a configuration */

/** How many findings of each kind are logged; the rest are counted. */
#define CORS_REPORTED_MAX 20

/** Reports the findings of the checks at start-up, each sentence once. */
typedef struct {
    apr_pool_t *p;       /* destroyed after the checks */
    apr_pool_t *scratch; /* any check may clear it */
    int flags;           /* APLOG_STARTUP while there is no log; else 0 */
    apr_hash_t *source;  /* the sentences reported so far */
    int refusals;        /* the number of errors */
    int counts[CORS_PROBLEM_COUNT]; /* the number of findings of each kind */
} cors_reporter_t;

/**
 * Log a finding, unless it has been logged already, or CORS_REPORTED_MAX of its kind
 * have been and LogLevel is below debug.
 *
 * @param server  the server whose log and LogLevel are used
 * @param source  what it is about, "Directive file:line"
 */
void cors_report_finding(cors_reporter_t *reporter, server_rec *server,
                         const char *source, const cors_finding_t *finding);

/**
 * check_config hook: refuse a configuration in which sections contradict each other.
 * httpd -t and the first reading of a start report warnings too.
 */
int cors_check_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                      server_rec *server);

/**
 * post_config hook: start what requests need, and write the warnings to the error log,
 * which is open by now.
 */
int cors_post_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                     server_rec *server);

/* prepare.c: precomputed policies */

/**
 * Precompute merged sections and their policies, once the configuration is final, so
 * that requests to which a single section applies need not.
 */
void cors_prepare(apr_pool_t *p, server_rec *server);

/** The module's configuration of a server: what start-up has determined about it. */
typedef struct {
    /* answer preflights before httpd looks for a file: no section for files and no
     * .htaccess file can change the answer */
    bool answers_early;
    /* a bit mask of the header fields that are noted of its requests, see noted.c */
    unsigned fields;
} cors_server_t;

/** @return what start-up has determined about a server */
static inline cors_server_t *cors_server_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &cors_policy_module);
}

/* origins_file.c: files that list origins. Each file is read once, even if it is named
 * twice. */

/**
 * @return a pool that returns its memory to the system when it is destroyed; NULL: no
 *   memory
 */
apr_pool_t *cors_scratch_pool(void);

/** What is known about a list file at start-up. */
typedef struct {
    const apr_array_header_t *mistakes; /* sentences; empty: none */
    cors_origin_notes_t notes;
} cors_origins_file_t;

/**
 * Load the list of a file into memory that all children share.
 *
 * @param pconf  the configuration's pool
 * @param path   absolute
 * @param info   filled
 * @return the source, or NULL if the file is invalid
 */
const cors_origin_source_t *cors_origins_file(apr_pool_t *pconf,
                                              const char *path,
                                              cors_origins_file_t *info);

/** Set how often files are checked for changes; 0: never. */
void cors_origins_file_interval(apr_pool_t *pconf,
                                apr_interval_time_t interval);

/** Refuse a wildcard on a public suffix in a file when it is reloaded. */
void cors_origins_file_forbid_suffix(apr_pool_t *pconf, const char *path);

/**
 * Retain the lists for the next reading of the configuration. If the log is open, log
 * the messages about the files.
 */
void cors_retain_origins_files(apr_pool_t *pconf, server_rec *server);

/**
 * monitor hook: check about once a second in the parent whether the children have
 * loaded newer lists than the stored copies, and remove those copies.
 */
int cors_monitor_origins_files(apr_pool_t *p, server_rec *server);

/* reload.c: reloads list files while the server runs */

/** Let mod_watchdog check the files, in one child at a time. */
void cors_watch_origins_files(apr_pool_t *pconf, server_rec *server);

/* warnings.c: warnings about the module's own directives */

/** Report warnings about the policies of all sites. */
void cors_warn(cors_reporter_t *reporter, const apr_array_header_t *sites);

/* neighbours.c: warnings about other modules' directives */

/** Report directives of other modules that affect the policies. */
void cors_check_modules(cors_reporter_t *reporter,
                        const apr_array_header_t *sites);

/* dump.c: prints all policies */

/** httpd -t with -D DUMP_CORS or -D DUMP_CORS_JSON: print all policies. */
void cors_dump(apr_pool_t *p, server_rec *server);

/** @return whether any request can have one of the methods */
bool cors_methods_real(apr_pool_t *p, cors_methods_t methods);

/** @return the names of the methods of a group, for text output */
const char *cors_methods_text(apr_pool_t *p, cors_methods_t methods);

/** Write all policies as members of a JSON object. */
void cors_dump_json(apr_pool_t *p, server_rec *server, cors_json_t *json);

/**
 * @return the addresses of a virtual host as configured ("*:443"); NULL: the base
 *   server
 */
const char *cors_server_address(apr_pool_t *p, const server_rec *server);

/* ask.c: explains a request on the command line */

/**
 * @param method  as passed to fetch()
 * @return the bit of the method that a browser sends, as \<Limit> numbers it; all
 *   unknown methods have the same bit
 */
cors_methods_t cors_script_methods(apr_pool_t *p, const char *method);

/**
 * httpd -t -D EXPLAIN_CORS: explain the request in the environment variable
 * CORS_EXPLAIN.
 */
void cors_ask(apr_pool_t *p, server_rec *server);

/* count.c: counters in shared memory */

/**
 * Find the counters of an earlier generation, or create them.
 *
 * @param page  whether a page shows refusals; if not, none are kept
 */
void cors_count_open(server_rec *server, bool page);

/**
 * Assign a counter to each section, as long as there are free ones.
 *
 * @param scratch  used during the call
 * @param sites    all sections of all servers
 */
void cors_count_sections(apr_pool_t *scratch, const apr_array_header_t *sites);

/** @return the counters; NULL: there is no shared memory */
cors_counters_t *cors_count_all(void);

/**
 * Count a decision. A refusal is also kept, if a page shows refusals.
 *
 * @param r  the first request_rec
 */
void cors_count(request_rec *r, const cors_policy_t *policy,
                const cors_decision_t *decision);

/** mod_status hook: write a section of the mod_status page. */
int cors_status_hook(request_rec *r, int flags);

/* page.c: the status page */

/**
 * Answer a request that has the page's handler.
 *
 * @return OK or an HTTP status
 */
int cors_answer_page(request_rec *r);

/** @return whether a request has the page's handler, regardless of what has set it */
static inline bool cors_names_page(const request_rec *r)
{
    /* this runs for every request, and few other handler names begin with c */
    return r->handler && r->handler[0] == 'c'
           && strcmp(r->handler, CORS_PAGE_HANDLER) == 0;
}

/** @return whether a request is for the status page */
static inline bool cors_is_page(const request_rec *r)
{
    return cors_names_page(r) && cors_page_configured(r);
}

/* own_connections.c: recognises requests that the server sends to itself */

/**
 * Start to record the connections that this server makes to itself. Called once for
 * each reading of the configuration.
 */
void cors_own_connections_open(server_rec *server);

/**
 * pre_connection hook: called for each new connection, including those of mod_proxy.
 */
int cors_hook_pre_connection(conn_rec *c, void *socket);

/** @return whether a request was sent by a proxy of this server */
bool cors_comes_from_here(const request_rec *r);

/* own_host.c: the host names of a server */

/**
 * @param name  without a final dot
 * @return whether a name is one of a virtual host: of its ServerName, of a ServerAlias
 *   (including wildcards), or of its \<VirtualHost> line
 */
bool cors_server_has_name(const server_rec *server, const char *name);

/**
 * @param host  in lower case, without a final dot, IPv6 without brackets, as in
 *   request_rec; NULL: none
 * @return whether a requested host belongs to a virtual host: one of its names, an
 *   address literal or a loopback name. An attacker can point any other name at this
 *   server's address (DNS rebinding).
 */
bool cors_server_has_host(const server_rec *server, const char *host);

/* noted.c: the request as the client sent it */

/** The header fields of a request that a decision can read. */
typedef enum {
    CORS_FIELD_ORIGIN,
    CORS_FIELD_REQUEST_METHOD,  /* Access-Control-Request-Method */
    CORS_FIELD_REQUEST_HEADERS, /* Access-Control-Request-Headers */
    CORS_FIELD_PRIVATE_NETWORK, /* Access-Control-Request-Private-Network */
    CORS_FIELD_FETCH_SITE,      /* Sec-Fetch-Site */
    CORS_FIELD_HOST,
    CORS_FIELD_UPGRADE,
    CORS_FIELD_COUNT
} cors_field_e;

#define CORS_FIELDS_ALL ((1u << CORS_FIELD_COUNT) - 1)

/** A request as the client sent it. */
typedef struct {
    int method;                          /* httpd's method number */
    bool body;                           /* whether it announces a body */
    const char *field[CORS_FIELD_COUNT]; /* NULL: not sent, or not noted */
} cors_noted_t;

/**
 * Determine which fields the directives of each server read: none if there is no
 * directive and no .htaccess file can have one. Must be called before cors_prepare().
 */
void cors_prepare_noting(apr_pool_t *p, server_rec *server);

/**
 * Note a request.
 *
 * @param r       the request, not changed yet by any module
 * @param fields  a bit mask of the fields that will be read
 * @param noted   all zero before; filled; borrows from the request
 */
void cors_note(const request_rec *r, unsigned fields, cors_noted_t *noted);

/* chain.c: the state of a client's request, see chain.h */

/**
 * @return a header field as the client sent it, even if r->headers_in has changed
 *   since; NULL: not sent, or not noted
 */
const char *cors_noted_field(request_rec *r, cors_field_e field);

/* facts.c: a request as the core sees it */

/**
 * Fill in the facts that the core decides by.
 *
 * @param r      the first request_rec of a chain of internal redirects
 * @param noted  what the client sent
 * @param facts  filled; borrows from the request. The target origin is read through a
 *   callback.
 */
void cors_facts(request_rec *r, const cors_noted_t *noted, cors_facts_t *facts);

/**
 * @return httpd's number of the method that selects the policy: the announced method of
 *   a preflight, else the request's own
 */
int cors_method_number(int method, const cors_facts_t *facts);

/* request.c: the hooks, in the order of a request, and the output filter */

/** Register the output filters. Must be called before any hook runs. */
void cors_register_filter(void);

/**
 * Each function is registered for the hook of its name. cors_hook_handler() runs before
 * all other handlers, and also answers for the status page.
 */
int cors_hook_post_read_request(request_rec *r);
int cors_hook_pre_translate_name(request_rec *r);
int cors_hook_translate_name(request_rec *r);
int cors_hook_map_to_storage(request_rec *r);
int cors_hook_post_perdir_config(request_rec *r);
int cors_hook_header_parser(request_rec *r);
int cors_hook_fixups(request_rec *r);
int cors_hook_handler(request_rec *r);
void cors_hook_insert_filter(request_rec *r);

/* readers.c: decisions in logs, expressions and the environment */

/** The tag of a log format: %{verdict}^co */
#define CORS_LOG_TAG "co"

/** @return whether a log format may contain %{tag}^co */
bool cors_reading_exists(const char *tag);

/** pre_config hook: register %{verdict}^co with mod_log_config. */
int cors_register_log_tags(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp);

/** expr_lookup hook: find %{CORS_VERDICT} and the other variables. */
int cors_hook_expr_lookup(ap_expr_lookup_parms *parms);

/**
 * Set CORS_VERDICT, CORS_REASON, CORS_ORIGIN and CORS_DIRECTIVE in a request's
 * environment. Variables for which the decision has no value are unset.
 */
void cors_set_variables(request_rec *r, const cors_decision_t *decision);

/* report.c: decisions in the error log */

/**
 * @return whether a decision is logged at warn: the administrator must see a
 *   contradictory configuration at the default LogLevel
 */
static inline bool cors_warns(const cors_decision_t *decision)
{
    return decision->reason == CORS_REASON_CONTRADICTORY_POLICY;
}

/** @return whether a decision may be logged; cors_log_decision() checks further */
static inline bool cors_may_be_logged(const request_rec *r,
                                      const cors_decision_t *decision)
{
    return APLOG_R_IS_LEVEL(r, APLOG_INFO) || cors_warns(decision);
}

/**
 * Log a decision: a denial at info, one by a contradictory policy at warn, any other
 * decision at debug. The number of lines is limited.
 *
 * @param r       the first request_rec
 * @param policy  the policy that it was decided by
 */
void cors_log_decision(request_rec *r, const cors_policy_t *policy,
                       const cors_decision_t *decision);

/** @return whether the decision refuses something */
static inline bool cors_is_denial(const cors_decision_t *decision)
{
    const unsigned denials = 1u << CORS_VERDICT_DENIED
                             | 1u << CORS_VERDICT_PREFLIGHT_DENIED
                             | 1u << CORS_VERDICT_WEBSOCKET_DENIED;

    return denials >> decision->verdict & 1u;
}

#endif /* CORS_HTTPD_HTTPD_H */
