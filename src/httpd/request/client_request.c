/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The request as the client sent it. RequestHeader and other modules change
 * r->headers_in, and httpd sets the method to GET for an error document. A decision
 * must not depend on either: otherwise a .htaccess file that changes a request for a
 * backend would also change who may read the response. So post_read_request notes the
 * header fields before anything changes them, and all later decisions read the noted
 * values.
 *
 * Start-up determines which fields the directives of a server read. Nothing is noted
 * for a server that has no directive of this module and where no .htaccess file can
 * have one. This file only collects the fields; facts.c interprets them.
 */

#include "httpd/request/client_request.h"

#include <string.h>
#include <strings.h>

#include <http_core.h>

#include "core/base/compiler.h"
#include "core/policy/protect.h"
#include "core/policy/section.h"
#include "httpd/config/directives.h"
#include "httpd/config/sections.h"
#include "httpd/config/server.h"

#define FIELD_BIT(field) (1u << CORS_FIELD_##field)
#define FIELDS_WEBSOCKET                                                       \
    (FIELD_BIT(ORIGIN) | FIELD_BIT(UPGRADE) | FIELD_BIT(FETCH_SITE)            \
     | FIELD_BIT(HOST))
#define FIELDS_POLICY                                                          \
    (FIELDS_WEBSOCKET | FIELD_BIT(REQUEST_METHOD) | FIELD_BIT(REQUEST_HEADERS) \
     | FIELD_BIT(PRIVATE_NETWORK))
/* what shows that a page embeds a resource, in addition to FIELDS_WEBSOCKET */
#define FIELDS_EMBEDDING (FIELD_BIT(FETCH_MODE) | FIELD_BIT(FETCH_DEST))
/* what a request can be forged by, in addition to FIELDS_WEBSOCKET */
#define FIELDS_FORGED                                                          \
    (FIELD_BIT(REFERER) | FIELD_BIT(COOKIE) | FIELD_BIT(AUTHORIZATION)         \
     | FIELD_BIT(CONTENT_TYPE))

static void add_fields(void *context, cors_attr_e attr,
                       const cors_setting_t *setting)
{
    unsigned *fields = context;

    switch (attr) {
    case CORS_ATTR_WEBSOCKET_ORIGINS:
    case CORS_ATTR_WEBSOCKET_REQUIRE:
        *fields |= FIELDS_WEBSOCKET;
        break;
    case CORS_ATTR_PROTECT:
        if (setting->choice != CORS_PROTECTION_OFF) {
            *fields |= FIELDS_WEBSOCKET | FIELDS_FORGED | FIELD_BIT(FETCH_MODE);
        }
        break;
    case CORS_ATTR_PROTECT_EMBEDDING:
        if (setting->choice) {
            *fields |= FIELDS_EMBEDDING;
        }
        break;
    case CORS_ATTR_PROTECT_ORIGINS:
    case CORS_ATTR_PROTECT_HOST:
        break;
    case CORS_ATTR_TIMING:
    case CORS_ATTR_RESOURCE:
        /* these read no field, but a server that needs no field is skipped */
        *fields |= FIELD_BIT(ORIGIN);
        break;
    default:
        *fields |= FIELDS_POLICY;
    }
}

static unsigned fields_of(const ap_conf_vector_t *config)
{
    const cors_section_t *section = cors_section_of(config);
    unsigned fields = 0;

    if (section) {
        cors_section_visit(section, CORS_METHODS_ALL, add_fields, &fields);
    }
    return fields;
}

/* Returns the fields that a list of sections reads, including nested sections. */
static unsigned fields_of_all(const apr_array_header_t *sections)
{
    unsigned fields = 0;
    int i;

    for (i = 0; sections && i < sections->nelts && fields != CORS_FIELDS_ALL;
         i++) {
        const ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(config);

        fields |= fields_of(config);
        if (core) {
            fields |= fields_of_all(core->sec_file);
            fields |= fields_of_all(core->sec_if);
        }
    }
    return fields;
}

/* Returns the fields that the directives of one server read. */
static unsigned fields_read(const server_rec *server, bool configured)
{
    const ap_conf_vector_t *config = server->lookup_defaults;
    const core_dir_config *core = ap_get_core_module_config(config);
    const core_server_config *core_server =
        ap_get_core_module_config(server->module_config);

    if (cors_htaccess_allowed(server)) {
        return CORS_FIELDS_ALL;
    }
    if (!configured) {
        return 0;
    }
    return fields_of(config) | fields_of_all(core->sec_file)
           | fields_of_all(core->sec_if) | fields_of_all(core_server->sec_dir)
           | fields_of_all(core_server->sec_url)
           | fields_of_all(cors_proxy_sections(server));
}

void cors_determine_fields(apr_pool_t *p, server_rec *server)
{
    bool configured = cors_is_configured(p);

    for (; server; server = server->next) {
        cors_server_t *found = apr_pcalloc(p, sizeof(*found));

        found->fields = fields_read(server, configured);
        ap_set_module_config(server->module_config, &cors_policy_module, found);
    }
}

/* Note a field. If it is repeated, the first one is used, as by apr_table_get(). */
static void take_first(cors_noted_t *noted, cors_field_e field,
                       const apr_table_entry_t *entry)
{
    if (!noted->field[field]) {
        noted->field[field] = entry->val;
    }
}

/* Returns eight bytes in lower case: setting bit 0x20 converts a letter. */
static inline apr_uint64_t word_at(const char *text)
{
    apr_uint64_t word;

    memcpy(&word, text, sizeof(word));
    return word | 0x2020202020202020u;
}

/* Returns four bytes in lower case. */
static inline apr_uint32_t half_word_at(const char *text)
{
    apr_uint32_t word;

    memcpy(&word, text, sizeof(word));
    return word | 0x20202020u;
}

/*
 * Returns whether a field has this name, which is in lower case and has 4 to 24
 * characters. It compares words that may overlap. strcasecmp() takes three times as
 * many instructions.
 */
static inline bool is_named(cors_slice_t key, const char *name)
{
    const size_t len = strlen(name);

    if (key.len != len) {
        return false;
    }
    if (len < 8) {
        return half_word_at(key.ptr) == half_word_at(name)
               && half_word_at(key.ptr + len - 4)
                      == half_word_at(name + len - 4);
    }
    return word_at(key.ptr) == word_at(name)
           && word_at(key.ptr + len - 8) == word_at(name + len - 8)
           && (len <= 16 || word_at(key.ptr + 8) == word_at(name + 8));
}

/* Note a field if it has this name. */
static inline void take_named(cors_noted_t *noted, cors_field_e field,
                              const apr_table_entry_t *entry, const char *name)
{
    if (is_named(cors_slice(entry->key), name)) {
        take_first(noted, field, entry);
    }
}

/* Note Authorization. Accept, Accept-Encoding and Accept-Language are frequent. */
static inline void note_authorization(const apr_table_entry_t *entry,
                                      cors_noted_t *noted)
{
    if ((entry->key[1] | ' ') == 'u') {
        take_named(noted, CORS_FIELD_AUTHORIZATION, entry, "authorization");
    }
}

/* Note a field whose name begins with A, of a request that may be a preflight. */
static void note_announced(const apr_table_entry_t *entry, cors_noted_t *noted)
{
    static const char prefix[] = "Access-Control-Request-";
    const char *rest;

    if (strncasecmp(entry->key, prefix, sizeof(prefix) - 1) != 0) {
        return;
    }
    rest = entry->key + sizeof(prefix) - 1;
    if (strcasecmp(rest, "Method") == 0) {
        take_first(noted, CORS_FIELD_REQUEST_METHOD, entry);
    }
    else if (strcasecmp(rest, "Headers") == 0) {
        take_first(noted, CORS_FIELD_REQUEST_HEADERS, entry);
    }
    else if (strcasecmp(rest, "Private-Network") == 0) {
        take_first(noted, CORS_FIELD_PRIVATE_NETWORK, entry);
    }
}

/* Returns whether a name begins with Sec-F, as a Sec-Fetch field does. Browsers send
 * several Sec-CH fields. */
static inline bool may_be_fetch(const char *name)
{
    return (name[1] | ' ') == 'e' && (name[2] | ' ') == 'c' && name[3] == '-'
           && (name[4] | ' ') == 'f';
}

/* Note a Sec-Fetch field. */
static void note_fetch(const apr_table_entry_t *entry, unsigned fields,
                       cors_noted_t *noted)
{
    const cors_slice_t key = cors_slice(entry->key);
    const bool embedding = fields & FIELD_BIT(FETCH_DEST);

    if (is_named(key, "sec-fetch-site")) {
        take_first(noted, CORS_FIELD_FETCH_SITE, entry);
    }
    else if ((noted->forgeable || embedding)
             && is_named(key, "sec-fetch-mode")) {
        take_first(noted, CORS_FIELD_FETCH_MODE, entry);
    }
    else if (embedding && is_named(key, "sec-fetch-dest")) {
        take_first(noted, CORS_FIELD_FETCH_DEST, entry);
    }
}

/* Note a field whose name begins with C. Connection and Cache-Control are frequent. */
static void note_content(const apr_table_entry_t *entry, cors_noted_t *noted)
{
    cors_slice_t key;

    if ((entry->key[1] | ' ') != 'o') {
        return;
    }
    key = cors_slice(entry->key);
    if (is_named(key, "content-length")) {
        noted->body |= entry->val[0] != '0' || entry->val[1];
    }
    else if (noted->forgeable && is_named(key, "content-type")) {
        take_first(noted, CORS_FIELD_CONTENT_TYPE, entry);
    }
    else if (noted->forgeable && is_named(key, "cookie")) {
        take_first(noted, CORS_FIELD_COOKIE, entry);
    }
}

/*
 * Note all fields in a single pass that compares first letters. A table look-up for
 * each field would compare its name with all names that begin with the same four
 * characters, such as Accept and Sec-Fetch-Mode. Setting bit 0x20 converts a letter to
 * lower case.
 */
CORS_SLOW void cors_note(request_rec *r, unsigned fields, cors_noted_t *noted)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)all->elts;
    const apr_table_entry_t *end = entry + all->nelts;

    noted->r = r;
    noted->method = r->method_number;
    noted->method_text = r->method;
    /* httpd has the number of GET for GET and HEAD alone */
    noted->forgeable = fields & FIELDS_FORGED && noted->method != M_GET
                       && !cors_protect_is_safe(cors_slice(r->method));
    for (; entry < end; entry++) {
        switch (entry->key[0] | ' ') {
        case 'o':
            take_named(noted, CORS_FIELD_ORIGIN, entry, "origin");
            break;
        case 'u':
            take_named(noted, CORS_FIELD_UPGRADE, entry, "upgrade");
            break;
        case 's':
            if (may_be_fetch(entry->key)) {
                note_fetch(entry, fields, noted);
            }
            break;
        case 'c':
            note_content(entry, noted);
            break;
        case 'h':
            take_named(noted, CORS_FIELD_HOST, entry, "host");
            break;
        case 'r':
            if (noted->forgeable) {
                take_named(noted, CORS_FIELD_REFERER, entry, "referer");
            }
            break;
        case 't':
            noted->body |=
                is_named(cors_slice(entry->key), "transfer-encoding");
            break;
        case 'a':
            if (noted->forgeable) {
                note_authorization(entry, noted);
            }
            else if (noted->method == M_OPTIONS
                     && fields & FIELD_BIT(REQUEST_METHOD)) {
                note_announced(entry, noted);
            }
            break;
        default:
            break;
        }
    }
}
