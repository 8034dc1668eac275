/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_cors_policy.h
 * @brief What the files of src/httpd share; the one header that knows httpd
 */

#ifndef MOD_CORS_POLICY_H
#define MOD_CORS_POLICY_H

#include <string.h>

#include <httpd.h>
#include <ap_expr.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <util_filter.h>

#include <apr_hash.h>
#include <apr_uri.h>

#include "cors/compiler.h"
#include "cors/counters.h"
#include "cors/advice.h"
#include "cors/decide.h"
#include "cors/explain.h"
#include "cors/json.h"
#include "cors/origin_set.h"
#include "cors/origin_source.h"
#include "cors/path_index.h"
#include "cors/section.h"

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 88)
#error "mod_cors_policy needs Apache httpd 2.4.41 or newer"
#endif

#define CORS_POLICY_VERSION "1.0.0"

extern module AP_MODULE_DECLARE_DATA cors_policy_module;
APLOG_USE_MODULE(cors_policy);

/* directives.c: one handler per kind of directive. cmd->info tells which
 * attribute is set; each reads the raw arguments and reports every mistake in
 * them at once. */

/** Each attribute by its number; cmd->info points at one. */
extern const cors_attr_e cors_attrs[CORS_ATTR_COUNT];

/** What httpd calls for a directive. @return NULL, or all that is wrong */
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

/* same_lists.c: lists that begin with the same arguments are kept once */

/** The longest arguments of a list that is looked for, in bytes. */
#define CORS_SAME_LIST_MAX 65536

/** A list that one line has begun. */
typedef struct {
    bool edit;
    cors_origin_set_t *origins; /* or else names */
    cors_name_set_t *names;
    const char *args;
} cors_same_list_t;

/** @param temp  the pool of what is needed only while a configuration is read
 *  @return the list of an attribute that was kept with these arguments; or NULL */
const cors_same_list_t *cors_same_list_find(apr_pool_t *temp, cors_attr_e attr,
                                            const char *args);

/** Keep the list of a setting for others; it must not be added to any more.
 *
 * @param args  the arguments of the one line that made it
 * @return the same, in the pool; NULL: it is not kept, being too long
 */
const char *cors_same_list_keep(apr_pool_t *temp, const cors_setting_t *setting,
                                const char *args);

/** httpd's create_dir_config and merge_dir_config */
void *cors_create_dir_config(apr_pool_t *p, char *dir);
void *cors_merge_dir_configs(apr_pool_t *p, void *outer, void *inner);

/** @return whether a directive, or a section ("<Limit"), has a name in any case
 *
 * @param name  two characters or more
 */
static inline bool cors_directive_is(const ap_directive_t *directive,
                                     const char *name)
{
    /* most names differ in the first two characters */
    return ((directive->directive[0] ^ name[0]) & ~0x20) == 0
           && ((directive->directive[1] ^ name[1]) & ~0x20) == 0
           && ap_cstr_casecmp(directive->directive, name) == 0;
}

/** @return whether a directive of this module stands in the configuration that was
 *          read into a pool, .htaccess files apart */
bool cors_is_configured(apr_pool_t *pconf);

/** @return what the sections of a configuration vector say; NULL: nothing */
const cors_section_t *cors_section_of(const ap_conf_vector_t *config);

/* sections.c: over all sections of all virtual hosts */

/** What a section of the configuration is for. */
typedef enum {
    CORS_SITE_SERVER, /* no section: a server or virtual host itself */
    CORS_SITE_DIRECTORY,
    CORS_SITE_LOCATION,
    CORS_SITE_FILES,
    CORS_SITE_IF,   /* and everything else that may hold of any request */
    CORS_SITE_KINDS /* how many kinds there are */
} cors_site_e;

/** Which requests a part of the configuration is for, as far as it tells. */
typedef struct {
    cors_site_e kind;           /* of the outermost section around it */
    const ap_directive_t *host; /* <VirtualHost>; NULL: outside of all */
    const char *path;           /* of <Location> or <Directory>; NULL: any */
} cors_scope_t;

/** A section that says something about CORS, as it applies by itself. */
typedef struct cors_site_t {
    server_rec *server;
    cors_site_e kind;
    cors_scope_t scope;           /* its host is that of the server */
    const cors_section_t *own;    /* what it says */
    const cors_section_t *merged; /* with all that it inherits */
    const cors_place_t *place;    /* its title is NULL for a server itself */
    /* of a server itself: a virtual host without a directive of this module at
     * its own level, to which the sections of the server around it apply just as
     * they apply there */
    bool inherits;
} cors_site_t;

/**
 * The sections of a server and its virtual hosts, in the order in which httpd
 * keeps them. Each server has its own level first, even if no directive stands
 * there. What a virtual host inherits unchanged (see cors_site_t.inherits) is
 * listed only where it is written, so that the list grows with the configuration
 * and not with its square.
 *
 * @param p  where the sections and their array are put
 * @return an array of const cors_site_t *
 */
apr_array_header_t *cors_sites(apr_pool_t *p, server_rec *server);

/** Called with one section, which is gone after the call. */
typedef void (*cors_site_fn)(void *context, const cors_site_t *site);

/** Visit every section of every server, and what a virtual host inherits for it
 * again. The scope of each is not filled but for its host.
 *
 * @param p     for the time of the call
 * @param only  the one server whose sections are visited; NULL: all
 */
void cors_sites_visit(apr_pool_t *p, server_rec *server, const server_rec *only,
                      cors_site_fn visit, void *context);

/** Visit the settings of all sections, where each is written. */
void cors_settings_visit(apr_pool_t *p, server_rec *server,
                         cors_setting_fn visit, void *context);

/**
 * Retain what cors_sites_visit() needs while requests are served: names of files
 * that httpd has for directives may be gone after start-up (mod_macro makes them
 * of its temporary pool).
 *
 * @param p        the configuration's pool
 * @param scratch  for the time of the call
 * @return whether something makes the status page
 */
bool cors_sites_retain(apr_pool_t *p, apr_pool_t *scratch, server_rec *server);

/** The word behind SetHandler that makes the status page. */
#define CORS_PAGE_HANDLER "cors-policy"

/**
 * Whether the SetHandler that is in force for a request is one that makes the
 * status page and that stands in the server's own configuration. Who writes a
 * .htaccess file can set the same handler, and so can a file's type or a rewrite
 * rule of his.
 */
bool cors_page_configured(const request_rec *r);

/** @return whether Satisfy Any is in force for a request for the page and does not
 *          stand next to its SetHandler: a .htaccess file may have set it */
bool cors_page_opened(request_rec *r);

/** @return one of them, from 0 */
const cors_site_t *cors_site_at(const apr_array_header_t *sites, int number);

/** @return whether a setting was made in the section itself and not inherited */
bool cors_site_owns(const cors_site_t *site, const cors_setting_t *setting);

/** @return the scope of what stands in a container; NULL is the server
 *
 * @param p  where its path is put
 */
cors_scope_t cors_scope_of(apr_pool_t *p, const ap_directive_t *node);

/** @return whether requests that a part of the configuration is for can be a
 *          site's too; certain only when false */
bool cors_scope_may_meet(const cors_scope_t *scope, const cors_site_t *site);

/** Whether a site's containers are for a URL path and the file it may be. */
typedef enum {
    CORS_SITE_NO,
    CORS_SITE_YES,
    CORS_SITE_PERHAPS /* an <If>, which only a request can tell */
} cors_match_e;

/** @return whether a site is for a request, as far as its path tells
 *
 * @param p     scratch
 * @param path  of the URL, decoded
 * @param file  what DocumentRoot makes of it
 */
cors_match_e cors_site_match(apr_pool_t *p, const cors_site_t *site,
                             const char *path, const char *file);

/** @return a URL's host as browsers and Host have it: in small letters, and an IPv6
 *          address, whose brackets APR has taken off, in brackets */
const char *cors_uri_host(apr_pool_t *p, const apr_uri_t *uri);

/** Read the URL of a request of which somebody wants to know.
 *
 * @param uri       filled; its scheme in small letters
 * @param question  all zero before; its own origin, where the URL has one, and
 *                  whether it is a handshake are set
 * @return false: it is no URL
 */
bool cors_question_url(apr_pool_t *p, const char *url, apr_uri_t *uri,
                       cors_question_t *question);

/** The virtual host of a URL, by its name and port.
 *
 * @param uri        with a host
 * @param otherwise  what to take where none has the name; NULL: the first one of
 *                   the port, as httpd does, or the server around them all
 */
server_rec *cors_server_for(server_rec *main_server, const apr_uri_t *uri,
                            server_rec *otherwise);

/** @return the \<Proxy> sections of a server, ap_conf_vector_t *; NULL: none */
const apr_array_header_t *cors_proxy_sections(const server_rec *server);

/** @return whether some .htaccess file may hold directives of this module */
bool cors_htaccess_allowed(const server_rec *server);

/* scopes.c: which parts of a configuration can apply to one request together */

/** Parts of the configuration with a number each. Opaque. */
typedef struct cors_scope_index_t cors_scope_index_t;

/** @return an empty index that lives as long as @a p */
cors_scope_index_t *cors_scope_index_make(apr_pool_t *p);

/**
 * Add a part.
 *
 * @param owner   whatever the caller keeps apart; may be NULL
 * @param kind    the kind of requests it is for
 * @param path    of \<Location> or \<Directory>; NULL: any; kept by reference
 * @param number  0 or more, and more than that of every part added before
 */
void cors_scope_index_add(cors_scope_index_t *index, const void *owner,
                          cors_site_e kind, const char *path, int number);

/** @return the lowest number of an owner's part, other than @a except, that can
 *          apply to a request together with one of a kind and a path, by the rule
 *          of cors_scope_may_meet(); CORS_PATH_NONE: there is none */
int cors_scope_index_meet(const cors_scope_index_t *index, const void *owner,
                          cors_site_e kind, const char *path, int except);

/** @return the lowest number of an owner's part of a kind that applies to a path:
 *          one without a path, or whose path is that or above it; CORS_PATH_NONE:
 *          there is none */
int cors_scope_index_above(const cors_scope_index_t *index, const void *owner,
                           cors_site_e kind, const char *path);

/** @return whether an owner has a part */
bool cors_scope_index_has(const cors_scope_index_t *index, const void *owner);

/* startup.c */

/** How many findings of one kind are reported; the others are counted. */
#define CORS_REPORTED_MAX 20

/** Reports what is wrong with the configuration, each sentence once. */
typedef struct {
    apr_pool_t *p;       /* gone when the checks are done */
    apr_pool_t *scratch; /* cleared by a check whenever it likes */
    int flags;           /* APLOG_STARTUP while there is no log; else 0 */
    apr_hash_t *source;  /* the sentences */
    int refusals;        /* how many were no warnings */
    int counts[CORS_PROBLEM_COUNT]; /* how many there were of each kind */
} cors_reporter_t;

/**
 * Report a finding in the error log, unless it has been reported, or there were
 * CORS_REPORTED_MAX of its kind and LogLevel is below debug.
 *
 * @param source what it is about, "Directive file:line"
 */
void cors_report_finding(cors_reporter_t *reporter, server_rec *server,
                         const char *source, const cors_finding_t *finding);

/** Refuse a configuration in which sections contradict each other; httpd -t and
 *  the first reading of a start say what is doubtful too. */
int cors_check_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                      server_rec *server);

/** Say what is doubtful in the error log, once the log is open. */
int cors_post_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                     server_rec *server);

/* prepare.c */

/** Fold, once the configuration is final, all that the requests of one section
 *  each would fold again. */
void cors_prepare(apr_pool_t *p, server_rec *server);

/** What start-up has found out about a server: the module's configuration of it. */
typedef struct {
    bool answers_early; /* preflights are answered before httpd has looked for a
                           file: no section for files and no .htaccess says
                           anything that could change the answer */
    unsigned fields;    /* that are noted of its requests, see noted.c */
} cors_server_t;

/** @return what start-up has found out about a server */
static inline cors_server_t *cors_server_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &cors_policy_module);
}

/* origins_file.c: files that list origins; each is read once, whatever names it */

/** @return a pool whose memory goes back to the system with it; NULL: no memory */
apr_pool_t *cors_scratch_pool(void);

/** What is known of a file at start-up. */
typedef struct {
    const apr_array_header_t *mistakes; /* sentences; none: it is good */
    cors_origin_notes_t notes;
} cors_origins_file_t;

/**
 * The list in a file, in memory that all children share.
 *
 * @param pconf  the configuration's pool
 * @param path   absolute
 * @param info   filled
 * @return the source, or NULL when the file is bad
 */
const cors_origin_source_t *cors_origins_file(apr_pool_t *pconf,
                                              const char *path,
                                              cors_origins_file_t *info);

/** Set how often files are looked at; 0: never. */
void cors_origins_file_interval(apr_pool_t *pconf,
                                apr_interval_time_t interval);

/** Refuse, when a file is read again, a wildcard on a public suffix in it. */
void cors_origins_file_forbid_suffix(apr_pool_t *pconf, const char *path);

/** Keep the lists for the next reading of the configuration, and log, once there is
 *  a log, what has become of the files in this one. */
void cors_retain_origins_files(apr_pool_t *pconf, server_rec *server);

/** The parent looks about once a second whether the children have loaded newer lists
 *  than it has kept copies of. */
int cors_monitor_origins_files(apr_pool_t *p, server_rec *server);

/* reload.c */

/** Have mod_watchdog look at the files, in one child at a time. */
void cors_watch_origins_files(apr_pool_t *pconf, server_rec *server);

/* warnings.c */

/** Say what is doubtful in the policies of all sites. */
void cors_warn(cors_reporter_t *reporter, const apr_array_header_t *sites);

/* neighbours.c */

/** Say what other modules' directives do to the policies. */
void cors_check_modules(cors_reporter_t *reporter,
                        const apr_array_header_t *sites);

/* dump.c */

/** httpd -t -D DUMP_CORS, and -D DUMP_CORS_JSON: print every policy. */
void cors_dump(apr_pool_t *p, server_rec *server);

/** @return whether some request can have one of the methods */
bool cors_methods_real(apr_pool_t *p, cors_methods_t methods);

/** @return the names of the methods of a group, for people */
const char *cors_methods_text(apr_pool_t *p, cors_methods_t methods);

/** The same as JSON, wherever it is written to: members of an object. */
void cors_dump_json(apr_pool_t *p, server_rec *server, cors_json_t *json);

/** @return the addresses of a virtual host as they are written ("*:443"), or
 *          NULL for the server around them all */
const char *cors_server_address(apr_pool_t *p, const server_rec *server);

/* ask.c */

/** @return the method that a browser makes of what a script writes, as \<Limit> has
 *          it: one for all names that httpd does not know */
cors_methods_t cors_script_methods(apr_pool_t *p, const char *method);

/** httpd -t -D EXPLAIN_CORS: answer the question in the environment. */
void cors_ask(apr_pool_t *p, server_rec *server);

/* count.c */

/** Find the counters of an earlier generation, or make them.
 *
 * @param page  whether there is a page that shows refusals; else none are kept
 */
void cors_count_open(server_rec *server, bool page);

/** Give each section a counter of its own, as far as they last.
 *
 * @param scratch  for the time of the call
 * @param sites    all of the server's
 */
void cors_count_sections(apr_pool_t *scratch, const apr_array_header_t *sites);

/** @return the counters; NULL: there is no memory to share */
cors_counters_t *cors_count_all(void);

/** Count a decision, and keep a refusal.
 *
 * @param r  the request that the browser made
 */
void cors_count(request_rec *r, const cors_policy_t *policy,
                const cors_decision_t *decision);

/** A section in mod_status's page, where that is loaded. */
int cors_status_hook(request_rec *r, int flags);

/* page.c */

/** Answer a request that has the page's handler. @return a status */
int cors_answer_page(request_rec *r);

/** @return whether a request has the page's handler, whoever said so */
static inline bool cors_names_page(const request_rec *r)
{
    /* every request is asked, and hardly any handler begins so */
    return r->handler && r->handler[0] == 'c'
           && strcmp(r->handler, CORS_PAGE_HANDLER) == 0;
}

/** @return whether a request is for the page */
static inline bool cors_is_page(const request_rec *r)
{
    return cors_names_page(r) && cors_page_configured(r);
}

/* own_connections.c */

/** Note from now on which connections this server makes to itself; once for each
 *  reading of the configuration. */
void cors_own_connections_open(server_rec *server);

/** For each new connection, those that mod_proxy makes too. */
int cors_hook_pre_connection(conn_rec *c, void *socket);

/** @return whether a request was sent by a proxy of this very server */
bool cors_comes_from_here(const request_rec *r);

/* own_host.c */

/** @return whether a name is one of a virtual host: that of ServerName or of a
 *          ServerAlias, with wildcards too, or of the \<VirtualHost> line
 *
 * @param name  without a final dot
 */
bool cors_server_has_name(const server_rec *server, const char *name);

/** @return whether a host that a request was made to is one of a virtual host's
 *          own: a name of it, or what no other server can give an address to, an
 *          address literal or a loopback name. Others may be anybody's, with the
 *          address of this server (DNS rebinding).
 *
 * @param host  in lower case, without a final dot, IPv6 without brackets, as
 *              request_rec has it; NULL: there is none
 */
bool cors_server_has_host(const server_rec *server, const char *host);

/* noted.c */

/** Fields of a request that a decision can read. */
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
    int method;                          /* httpd's number of it */
    bool body;                           /* it announces a body */
    const char *field[CORS_FIELD_COUNT]; /* NULL: not sent, or not noted */
} cors_noted_t;

/** Find out which fields the directives for each server read: none where there is
 *  no directive and no .htaccess file can have one. Before cors_prepare(). */
void cors_prepare_noting(apr_pool_t *p, server_rec *server);

/** Note a request.
 *
 * @param fields  that are going to be read
 * @param noted   all zero before; filled; borrows from the request
 */
void cors_note(const request_rec *r, unsigned fields, cors_noted_t *noted);

/* chain.c */

/** @return a field as the client sent it, whatever has become of it since; NULL:
 *          it was not sent */
const char *cors_noted_field(request_rec *r, cors_field_e field);

/* facts.c */

/**
 * What the core wants to know of a request.
 *
 * @param r      the first request of a chain of internal redirects
 * @param noted  what the client sent
 * @param facts  filled, but for own; borrows from the request
 */
void cors_facts(request_rec *r, const cors_noted_t *noted, cors_facts_t *facts);

/** @return httpd's number of the method that a policy is chosen by: the announced
 *          one for a preflight, else the request's own */
int cors_method_number(int method, const cors_facts_t *facts);

/* request.c: the hooks, in the order of a request, and the output filter */

/** Register the output filters, before any hook runs. */
void cors_register_filter(void);

/** Each is registered for the hook of its name; that of the handlers comes before
 *  all others, and is that of the status page, too. */
int cors_hook_post_read_request(request_rec *r);
int cors_hook_pre_translate_name(request_rec *r);
int cors_hook_translate_name(request_rec *r);
int cors_hook_map_to_storage(request_rec *r);
int cors_hook_post_perdir_config(request_rec *r);
int cors_hook_header_parser(request_rec *r);
int cors_hook_fixups(request_rec *r);
int cors_hook_handler(request_rec *r);
void cors_hook_insert_filter(request_rec *r);

/* readers.c */

/** The tag of a log format: %{verdict}^co */
#define CORS_LOG_TAG "co"

/** @return whether a log format can have %{tag}^co */
bool cors_reading_exists(const char *tag);

/** Before the configuration is read: make %{verdict}^co known to mod_log_config. */
int cors_register_log_tags(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp);

/** Find %{CORS_VERDICT} and the like for an expression. */
int cors_hook_expr_lookup(ap_expr_lookup_parms *parms);

/** Set CORS_VERDICT, CORS_REASON, CORS_ORIGIN and CORS_DIRECTIVE in a request's
 *  environment; what a decision has no value for is unset. */
void cors_set_variables(request_rec *r, const cors_decision_t *decision);

/* report.c */

/** @return whether a decision is logged at warn: whoever wrote a configuration that
 *          contradicts itself must see it at the default LogLevel */
static inline bool cors_warns(const cors_decision_t *decision)
{
    return decision->reason == CORS_REASON_CONTRADICTORY_POLICY;
}

/** @return whether a decision may be logged; cors_log_decision() looks closer */
static inline bool cors_may_be_logged(const request_rec *r,
                                      const cors_decision_t *decision)
{
    return APLOG_R_IS_LEVEL(r, APLOG_INFO) || cors_warns(decision);
}

/** Log a decision: a denial at info, one by a policy that contradicts
 * itself at warn, anything else at debug.
 *
 * @param r       the request that the browser made
 * @param policy  what it was judged by
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

#endif /* MOD_CORS_POLICY_H */
