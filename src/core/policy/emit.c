/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes a decision into the headers of a response.
 *
 * It is its own file so that all CORS headers and Vary are written in one place. It
 * does not decide anything. Each response passes through it, so the common case is
 * short: most fields are skipped after a look at their first letter, and a Vary field
 * with a single name is extended in place.
 */

#include "core/policy/emit.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "core/base/compiler.h"
#include "core/base/list.h"
#include "core/base/text_map.h"
#include "core/policy/section.h"

#define ALLOW_ORIGIN "Access-Control-Allow-Origin"
#define ALLOW_CREDENTIALS "Access-Control-Allow-Credentials"
#define EXPOSE_HEADERS "Access-Control-Expose-Headers"
#define VARY_PREFLIGHT                                                         \
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
#define VARY_PRIVATE_NETWORK ", Access-Control-Request-Private-Network"

/*
 * Returns whether a name is Access-Control-Allow-*, -Expose-Headers or -Max-Age, in
 * any case.
 */
static bool is_ours(const char *name)
{
    static const char head[] = "access-control-";
    static const char allow[] = "allow-";
    cors_slice_t text = cors_slice(name);
    cors_slice_t prefix = { name, sizeof(head) - 1 };
    cors_slice_t rest;

    if (text.len < prefix.len || !cors_slice_is_nocase(prefix, head)) {
        return false;
    }
    rest = cors_slice(name + prefix.len);
    if (cors_slice_is_nocase(rest, "expose-headers")
        || cors_slice_is_nocase(rest, "max-age")) {
        return true;
    }
    rest.len = rest.len > sizeof(allow) - 1 ? sizeof(allow) - 1 : rest.len;
    return cors_slice_is_nocase(rest, allow);
}

/*
 * Returns whether a field that begins with A may be one of these. It is nearly always
 * Accept-Ranges. Setting a bit converts a letter to lower case.
 */
static inline bool may_be_ours(const char *name)
{
    return (name[1] | ' ') == 'c' && (name[2] | ' ') == 'c'
           && (name[3] | ' ') == 'e' && (name[4] | ' ') == 's';
}

/*
 * Removes the CORS fields from a table that has some. Removing a field from an APR
 * table walks over the whole table, so the table is refilled instead.
 */
CORS_SLOW static void strip_ours(apr_table_t *table)
{
    const apr_array_header_t *fields = apr_table_elts(table);
    const int count = fields->nelts;
    const apr_size_t size = (apr_size_t)count * sizeof(apr_table_entry_t);
    apr_table_entry_t *copy = apr_pmemdup(fields->pool, fields->elts, size);
    int i;

    apr_table_clear(table);
    for (i = 0; i < count; i++) {
        if (!is_ours(copy[i].key)) {
            apr_table_addn(table, copy[i].key, copy[i].val);
        }
    }
}

static inline bool is_vary(const char *name)
{
    return (name[1] | ' ') == 'a' && (name[2] | ' ') == 'r'
           && (name[3] | ' ') == 'y' && name[4] == '\0';
}

/* The Vary fields of a response. */
typedef struct {
    int count;
    /* the last Vary field; NULL: there is none */
    apr_table_entry_t *last;
} varies_t;

/*
 * Finds the Vary fields. Returns whether there may be a CORS field. All fields of all
 * responses pass through here, so most are skipped by their first letter.
 */
static inline bool look_through(const apr_table_t *table, varies_t *varies)
{
    const apr_array_header_t *fields = apr_table_elts(table);
    apr_table_entry_t *field = (apr_table_entry_t *)fields->elts;
    const apr_table_entry_t *end = field + fields->nelts;
    bool ours = false;

    for (; field < end; field++) {
        const char *name = field->key;
        const char first = name[0] | ' ';

        if (first == 'a') {
            ours |= may_be_ours(name);
        }
        else if (first == 'v' && is_vary(name)) {
            varies->count++;
            varies->last = field;
        }
    }
    return ours;
}

/* Removes the CORS fields and finds the Vary fields. */
static inline void strip(apr_table_t *table, varies_t *varies)
{
    const varies_t before = *varies;

    if (look_through(table, varies)) {
        strip_ours(table);
        /* the fields have moved */
        *varies = before;
        look_through(table, varies);
    }
}

/* Up to this many names are compared one by one. */
#define FEW 8

/* The collected names of all fields that are lists of names, such as Vary. */
typedef struct {
    apr_pool_t *p;
    cors_joined_t names;
    int count;
    /* map of the names; NULL: there are only a few */
    cors_text_map_t *map;
} gathered_t;

/* Puts the names into a map: a backend may send any number of them. */
CORS_SLOW static cors_text_map_t *map_names(const gathered_t *list)
{
    cors_text_map_t *map = cors_text_map_make(list->p, true);
    cors_slice_t rest = cors_slice(list->names.text);
    cors_slice_t name;

    while (cors_list_next(&rest, &name)) {
        cors_text_map_add(map, name, list);
    }
    return map;
}

static bool is_new_name(gathered_t *list, cors_slice_t name)
{
    if (list->count < FEW) {
        return !cors_list_has(list->names.text, name, true);
    }
    if (!list->map) {
        list->map = map_names(list);
    }
    return cors_text_map_add(list->map, name, list);
}

static int gather_names(void *context, const char *key, const char *value)
{
    gathered_t *list = context;
    cors_slice_t rest = cors_slice(value);
    cors_slice_t name;

    (void)key;
    while (cors_list_next(&rest, &name)) {
        if (is_new_name(list, name)) {
            cors_join(list->p, &list->names, ", ", name);
            list->count++;
        }
    }
    return 1;
}

CORS_SLOW void cors_vary_add(apr_pool_t *p, const char *names,
                             apr_table_t *headers, apr_table_t *errors)
{
    gathered_t vary = { p, { NULL, 0, 0 }, 0, NULL };

    apr_table_do(gather_names, &vary, headers, "Vary", NULL);
    apr_table_do(gather_names, &vary, errors, "Vary", NULL);
    if (cors_list_has(vary.names.text, cors_slice("*"), true)) {
        vary.names.text = "*";
    }
    else {
        gather_names(&vary, "Vary", names);
    }
    /* caches read the first field only, so write one field in one table */
    apr_table_unset(errors, "Vary");
    apr_table_setn(headers, "Vary", vary.names.text);
}

/*
 * Extends a Vary field that has a single name, nearly always Accept-Encoding, unless
 * that name is one of those to be added. Returns false for any other field.
 */
static bool extend_vary(apr_pool_t *p, apr_table_entry_t *field,
                        const char *names)
{
    const cors_slice_t name = cors_slice(field->val);

    if (!cors_is_token(name) || cors_slice_is(name, "*")
        || cors_list_has(names, name, true)) {
        return false;
    }
    field->val = apr_pstrcat(p, field->val, ", ", names, NULL);
    return true;
}

/* Returns the field names that the answer depends on; NULL: none. */
static const char *varies_by(const cors_policy_t *policy,
                             const cors_decision_t *decision)
{
    if (decision->preflight) {
        if (cors_policy_number(policy, CORS_ATTR_PRIVATE_NETWORK)) {
            return VARY_PREFLIGHT VARY_PRIVATE_NETWORK;
        }
        return VARY_PREFLIGHT;
    }
    return policy->varies ? "Origin" : NULL;
}

/* What the backend's response contributes to the fields of the policy. */
typedef struct {
    /* the names that the policy or the backend exposes; NULL: those of the policy */
    const char *exposed;
    /* the backend decides on credentials, and has not sent them */
    bool withholds;
} backend_t;

static bool has_credentials(const apr_table_t *fields)
{
    const char *value = apr_table_get(fields, ALLOW_CREDENTIALS);

    /* Fetch, "CORS check": exactly these bytes */
    return value && strcmp(value, "true") == 0;
}

/* Reads what CorsBackendHeaders keeps of a response, before its fields are removed. */
CORS_SLOW static void read_backend(apr_pool_t *p, const cors_policy_t *policy,
                                   const apr_table_t *headers,
                                   const apr_table_t *errors,
                                   backend_t *backend)
{
    const int keeps = cors_policy_number(policy, CORS_ATTR_BACKEND);
    gathered_t exposed = { p, { NULL, 0, 0 }, 0, NULL };

    if (keeps == CORS_BACKEND_KEEP_EXPOSED || keeps == CORS_BACKEND_KEEP_BOTH) {
        gather_names(&exposed, NULL,
                     cors_policy_joined(p, policy, CORS_ATTR_EXPOSE));
        apr_table_do(gather_names, &exposed, headers, EXPOSE_HEADERS, NULL);
        apr_table_do(gather_names, &exposed, errors, EXPOSE_HEADERS, NULL);
        backend->exposed = exposed.names.text;
    }
    backend->withholds = (keeps == CORS_BACKEND_KEEP_CREDENTIALS
                          || keeps == CORS_BACKEND_KEEP_BOTH)
                         && !has_credentials(headers)
                         && !has_credentials(errors);
}

/*
 * The fields below are added, not set: strip() has removed all fields of these names,
 * and apr_table_setn() would compare each name with every field that begins with the
 * same four letters.
 */

static void add_origin(apr_pool_t *p, const cors_policy_t *policy,
                       const cors_decision_t *decision,
                       const backend_t *backend, apr_table_t *headers)
{
    const char *origin = "*";

    if (!policy->constant) {
        origin = decision->origin_text;
        if (!origin) {
            origin =
                apr_pstrmemdup(p, decision->origin.ptr, decision->origin.len);
        }
    }
    apr_table_addn(headers, ALLOW_ORIGIN, origin);
    if (cors_policy_number(policy, CORS_ATTR_CREDENTIALS)
        && !backend->withholds) {
        apr_table_addn(headers, ALLOW_CREDENTIALS, "true");
    }
}

/*
 * A longer list is not sent, because httpd and the browser would read every byte of
 * it.
 */
#define HEADERS_LISTED 64

/* Returns whether to answer with the requested names instead of the whole list. */
static bool is_long(const cors_policy_t *policy, cors_attr_e attr)
{
    int most =
        attr == CORS_ATTR_HEADERS ? cors_policy_names_most(policy, attr) : 0;

    return most > HEADERS_LISTED && most < INT_MAX;
}

/*
 * Returns the value of a list of methods or headers, or NULL. A literal * is not a
 * wildcard for a browser that sends credentials, it cannot express that a name is
 * removed, and Chromium applies it to Authorization too. In these cases, send the
 * requested names that are allowed.
 */
static const char *list_value(apr_pool_t *p, const cors_policy_t *policy,
                              cors_attr_e attr, const cors_decision_t *decision,
                              cors_slice_t asked)
{
    bool rejected = decision->verdict == CORS_VERDICT_PREFLIGHT_DENIED
                    && decision->attr == attr;
    bool edited;

    if (!is_long(policy, attr)
        && (!cors_policy_wildcard(policy, attr, &edited)
            || (!edited && !rejected
                && !cors_policy_number(policy, CORS_ATTR_CREDENTIALS)))) {
        return cors_policy_joined(p, policy, attr);
    }
    if (asked.ptr && asked.len > 0) {
        return apr_pstrmemdup(p, asked.ptr, asked.len);
    }
    return NULL;
}

static void add_if(apr_table_t *headers, const char *field, const char *value)
{
    if (value) {
        apr_table_addn(headers, field, value);
    }
}

CORS_SLOW static void add_preflight(apr_pool_t *p, const cors_policy_t *policy,
                                    const cors_decision_t *decision,
                                    const backend_t *backend,
                                    apr_table_t *headers)
{
    bool allowed = decision->verdict == CORS_VERDICT_PREFLIGHT_ALLOWED;
    const cors_setting_t *max_age = policy->link[CORS_ATTR_MAX_AGE].setting;
    const char *methods = list_value(p, policy, CORS_ATTR_METHODS, decision,
                                     decision->echo_method);

    /*
     * The list has to deny the method. Without a list, Fetch treats the announced
     * method as listed ("CORS-preflight fetch"), so send the methods that every policy
     * allows.
     */
    if (!methods && decision->reason == CORS_REASON_METHOD_NOT_ALLOWED) {
        methods = "GET, HEAD, POST";
    }
    add_origin(p, policy, decision, backend, headers);
    add_if(headers, "Access-Control-Allow-Methods", methods);
    add_if(headers, "Access-Control-Allow-Headers",
           list_value(p, policy, CORS_ATTR_HEADERS, decision,
                      decision->echo_headers));
    if (allowed && max_age) {
        add_if(headers, "Access-Control-Max-Age", max_age->max_age_text);
    }
    if (decision->private_network) {
        apr_table_addn(headers, "Access-Control-Allow-Private-Network", "true");
    }
}

void cors_emit_nothing(apr_table_t *headers, apr_table_t *errors)
{
    varies_t varies = { 0, NULL };

    strip(headers, &varies);
    strip(errors, &varies);
}

/* Returns whether the response of a handler keeps its own CORS headers. */
static bool keeps_its_own(const apr_table_t *headers, const apr_table_t *errors)
{
    return apr_table_get(headers, ALLOW_ORIGIN)
           || apr_table_get(errors, ALLOW_ORIGIN);
}

CORS_SLOW static void add_actual(apr_pool_t *p, const cors_policy_t *policy,
                                 const cors_decision_t *decision,
                                 const backend_t *backend, apr_table_t *headers)
{
    add_origin(p, policy, decision, backend, headers);
    add_if(headers, EXPOSE_HEADERS,
           backend->exposed ? backend->exposed
                            : cors_policy_joined(p, policy, CORS_ATTR_EXPOSE));
}

void cors_emit(apr_pool_t *p, const cors_policy_t *policy,
               const cors_decision_t *decision, cors_response_e response,
               apr_table_t *headers, apr_table_t *errors)
{
    const int keeps = cors_policy_number(policy, CORS_ATTR_BACKEND);
    const char *vary;
    varies_t varies = { 0, NULL };
    backend_t backend = { NULL, false };
    apr_table_entry_t *of_headers;

    if (response != CORS_RESPONSE_PREFLIGHT && keeps != CORS_BACKEND_REPLACE) {
        if (keeps == CORS_BACKEND_KEEP && keeps_its_own(headers, errors)) {
            return;
        }
        read_backend(p, policy, headers, errors, &backend);
    }
    strip(headers, &varies);
    of_headers = varies.last;
    strip(errors, &varies);
    vary = varies_by(policy, decision);
    if (vary && varies.count == 0) {
        apr_table_addn(headers, "Vary", vary);
    }
    else if (vary
             && !(varies.count == 1 && of_headers
                  && extend_vary(p, of_headers, vary))) {
        cors_vary_add(p, vary, headers, errors);
    }

    if (vary && policy->tenant_vary) {
        cors_vary_add(p, policy->tenant_vary, headers, errors);
    }

    if (response != CORS_RESPONSE_ACTUAL) {
        if (decision->origin_allowed) {
            add_preflight(p, policy, decision, &backend, headers);
        }
    }
    else if (decision->origin_allowed
             || (policy->constant && !policy->problem)) {
        add_actual(p, policy, decision, &backend, headers);
    }
}

/* Removes a field from both tables, and adds one with the value, unless it is NULL. */
static void replace_field(apr_table_t *headers, apr_table_t *errors,
                          const char *field, const char *value)
{
    apr_table_unset(errors, field);
    apr_table_unset(headers, field);
    add_if(headers, field, value);
}

CORS_SLOW void cors_emit_fixed(apr_pool_t *p, const cors_policy_t *policy,
                               apr_table_t *headers, apr_table_t *errors)
{
    const char *timing = cors_policy_timing(p, policy);
    const int resource = cors_policy_number(policy, CORS_ATTR_RESOURCE);

    if (timing) {
        replace_field(headers, errors, "Timing-Allow-Origin",
                      *timing ? timing : NULL);
    }
    if (resource != CORS_RESOURCE_OFF) {
        replace_field(headers, errors, "Cross-Origin-Resource-Policy",
                      cors_attr_choices(CORS_ATTR_RESOURCE)[resource]);
    }
}
