/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file linear.c
 * @brief Runs each function of the core that parses foreign text, at sizes n and 2n
 *
 * A .htaccess file, a list file, a client and a backend can send long texts, and the
 * cost must be linear in their length. The inputs are generated: separators and pairs
 * of separators between several beginnings and ends, and lists of entries of several
 * forms. Under callgrind each run is followed by a dump and a printed line;
 * BenchLinear.pm compares the counts. With the argument "time" the program prints the
 * inputs whose time grows fastest, at a larger size; that is for development only.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <valgrind/callgrind.h>

#include "core/diagnose/advice.h"
#include "core/diagnose/stats.h"
#include "core/diagnose/describe.h"
#include "core/policy/emit.h"
#include "core/diagnose/explain.h"
#include "core/base/host.h"
#include "core/base/json.h"
#include "core/diagnose/lint.h"
#include "core/origin/list_file.h"
#include "core/base/suffix.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define WORD_SIZE 512   /* bytes */
#define LIST_SIZE 256   /* entries */
#define TIMES_LONGER 16 /* factor of the sizes for "time" */

/* The pool of one run. */
static apr_pool_t *pool;
static apr_uint64_t sum; /* of results, so that the compiler keeps the calls */

/* A benchmarked function; text has one entry or several. */
typedef void (*run_fn)(cors_slice_t text);

/* --- one entry */

static void parse_pattern(cors_slice_t text)
{
    cors_pattern_t pattern;
    const char *suggestion;

    sum += cors_pattern_parse(pool, text, false, &pattern, &suggestion);
}

static void add_origins(cors_slice_t text, const char *prefix)
{
    cors_origin_set_t *set = cors_origin_set_make(pool, false, *prefix);
    const char *suggestion;

    sum += cors_origin_set_add(pool, set,
                               cors_slice(
                                   apr_pstrcat(pool, prefix, text.ptr, NULL)),
                               NULL, &suggestion);
}

static void add_origin(cors_slice_t text)
{
    add_origins(text, "");
}

static void edit_origin(cors_slice_t text)
{
    add_origins(text, "+");
}

static void exclude_origin(cors_slice_t text)
{
    add_origins(text, "!");
}

static void add_name(cors_slice_t text, cors_names_e kind, const char *prefix)
{
    cors_name_set_t *set = cors_name_set_make(pool, kind, *prefix);
    const char *suggestion;

    sum +=
        cors_name_set_add(pool, set,
                          cors_slice(apr_pstrcat(pool, prefix, text.ptr, NULL)),
                          NULL, &suggestion);
}

static void add_method(cors_slice_t text)
{
    add_name(text, CORS_NAMES_METHODS, "");
}

static void add_header(cors_slice_t text)
{
    add_name(text, CORS_NAMES_REQUEST_HEADERS, "");
}

static void edit_header(cors_slice_t text)
{
    add_name(text, CORS_NAMES_REQUEST_HEADERS, "-");
}

static void exclude_header(cors_slice_t text)
{
    add_name(text, CORS_NAMES_REQUEST_HEADERS, "!");
}

static void add_exposed(cors_slice_t text)
{
    add_name(text, CORS_NAMES_RESPONSE_HEADERS, "");
}

static void check_host(cors_slice_t text)
{
    const char *suggestion;

    sum += cors_host_check(pool, text, &suggestion);
    sum += cors_host_is_loopback(text);
    sum += cors_host_ends_in_number(text);
}

static void look_up_suffix(cors_slice_t text)
{
    sum += cors_suffix_is_public(pool, text);
    sum += cors_suffix_registrable(pool, text.ptr) != NULL;
}

static void parse_origin(cors_slice_t text)
{
    cors_origin_t origin;

    sum += cors_origin_parse(text, &origin);
}

static void discard(void *context, const char *text, apr_size_t len)
{
    (void)context;
    sum += len + (unsigned char)text[0];
}

static void write_json(cors_slice_t text)
{
    cors_json_t json;

    cors_json_start(&json, discard, NULL);
    cors_json_string(&json, text.ptr, text.ptr);
}

static void count_error(void *context, apr_size_t line,
                        const cors_finding_t *finding)
{
    (void)context;
    sum += line + (apr_size_t)finding->problem;
    sum += cors_problem_sentence(pool, finding) != NULL;
}

static void read_file(cors_slice_t text)
{
    sum += cors_origin_file_read(pool, text, NULL, count_error, NULL).errors;
}

static void record_refusal(cors_slice_t text)
{
    void *block = apr_pcalloc(pool, cors_counters_size());
    cors_counters_t *counters = cors_counters_use(block, true, 1);
    cors_refusal_t refusal;

    memset(&refusal, 0, sizeof(refusal));
    refusal.scheme = refusal.host = refusal.path = refusal.origin = text;
    refusal.method = refusal.rejected = text;
    refusal.source = text.ptr;
    cors_counters_refuse(counters, &refusal);
}

/* --- a policy */

static cors_setting_t *setting_for(cors_section_t *section, cors_attr_e attr,
                                   cors_methods_t methods)
{
    bool first;
    cors_setting_t *setting =
        cors_section_set(pool, section, methods, attr, &first);

    setting->directive = cors_attr_directive(attr);
    setting->source =
        apr_pstrcat(pool, setting->directive, " linear.c:1", NULL);
    return setting;
}

static bool is_origins(cors_attr_e attr)
{
    return cors_attr_is_origins(attr);
}

/* Add an entry to a list; the first one decides whether it is an edit. */
static void add_word(cors_section_t *section, cors_attr_e attr,
                     cors_methods_t methods, cors_slice_t word)
{
    cors_setting_t *setting = setting_for(section, attr, methods);
    bool edit = word.ptr[0] == '+' || word.ptr[0] == '-';
    const char *suggestion;
    cors_problem_e problem;

    if (!setting->origins && !setting->names) {
        setting->edit = edit;
        if (is_origins(attr)) {
            setting->origins = cors_origin_set_make(pool, false, edit);
        }
        else {
            setting->names =
                cors_name_set_make(pool,
                                   attr == CORS_ATTR_METHODS
                                       ? CORS_NAMES_METHODS
                                   : attr == CORS_ATTR_HEADERS
                                       ? CORS_NAMES_REQUEST_HEADERS
                                       : CORS_NAMES_RESPONSE_HEADERS,
                                   edit);
        }
    }
    problem = is_origins(attr)
                  ? cors_origin_set_add(pool, setting->origins, word,
                                        setting->source, &suggestion)
                  : cors_name_set_add(pool, setting->names, word,
                                      setting->source, &suggestion);
    sum += problem;
}

static void add_words(cors_section_t *section, cors_attr_e attr,
                      cors_slice_t text)
{
    cors_slice_t word;

    while (cors_argument_next(&text, &word)) {
        add_word(section, attr, CORS_METHODS_ALL, word);
    }
}

static cors_section_t *make_section(void)
{
    cors_section_t *section = cors_section_make(pool);

    setting_for(section, CORS_ATTR_MODE, CORS_METHODS_ALL)->choice =
        CORS_MODE_ON;
    setting_for(section, CORS_ATTR_CREDENTIALS, CORS_METHODS_ALL)->choice = 1;
    return section;
}

static void count_finding(void *context, const char *source,
                          const cors_finding_t *finding)
{
    (void)context;
    sum += (apr_size_t)source[0] + (apr_size_t)finding->problem;
}

static void count_contradiction(void *context,
                                const cors_contradiction_t *found)
{
    (void)context;
    sum += (apr_size_t)found->problem;
}

static void explain_request(const cors_policy_t *policy, const char *origin,
                            const char *method, const char *headers)
{
    cors_fetch_request_t request;
    cors_explanation_t explanation;

    memset(&request, 0, sizeof(request));
    request.origin = origin;
    request.method = method;
    request.headers = headers;
    request.credentials = true;
    cors_explain(pool, policy, &request, &explanation);
    sum += explanation.readable;
}

/* All uses of a policy: at start-up, by a request and by the status page. */
static void use_policy(const cors_section_t *section, cors_attr_e attr,
                       const char *words)
{
    cors_policy_t policy;
    cors_slice_t rest = cors_slice(words);
    cors_slice_t word;
    int left = CORS_REQUEST_NAMES_MAX; /* the maximum of a request */

    cors_policy_resolve(pool, section, cors_methods_bit(0), &policy);
    if (policy.link[attr].setting) {
        cors_lint_setting(pool, attr, policy.link[attr].setting, count_finding,
                          NULL);
    }
    cors_lint_policy(pool, &policy, NULL, count_finding, NULL);
    cors_policy_contradictions(&policy, count_contradiction, NULL);
    sum += (apr_size_t)cors_policy_values(pool, &policy, attr)->nelts;
    if (!is_origins(attr)) {
        sum += cors_policy_joined(pool, &policy, attr) != NULL;
    }
    while (left-- > 0 && cors_argument_next(&rest, &word)) {
        cors_slice_t name = word;
        cors_origin_t origin;
        const cors_setting_t *setting = policy.link[attr].setting;

        if (strchr("+-!", name.ptr[0])) {
            name.ptr++;
            name.len--;
        }
        if (!is_origins(attr)) {
            sum += cors_policy_name_listed(&policy, attr, name);
        }
        else if (cors_origin_parse(name, &origin)) {
            sum += cors_policy_origin_listing(&policy, attr, &origin, false,
                                              &setting);
            if (setting) {
                sum += cors_origin_set_excluding(setting->origins, &origin)
                       != NULL;
            }
        }
    }
}

static void use_list(cors_slice_t text, cors_attr_e attr)
{
    cors_section_t *section = make_section();
    cors_policy_t policy;

    add_words(section, attr, text);
    use_policy(section, attr, text.ptr);
    cors_policy_resolve(pool, section, cors_methods_bit(0), &policy);
    explain_request(&policy, "https://app.example.com", "PUT", text.ptr);
}

static void use_origins(cors_slice_t text)
{
    use_list(text, CORS_ATTR_ORIGINS);
}

static void use_methods(cors_slice_t text)
{
    use_list(text, CORS_ATTR_METHODS);
}

static void use_headers(cors_slice_t text)
{
    use_list(text, CORS_ATTR_HEADERS);
}

static void use_exposed(cors_slice_t text)
{
    use_list(text, CORS_ATTR_EXPOSE);
}

/* Each entry in its own <Limit> for the first method. */
static void use_limits(cors_slice_t text)
{
    cors_section_t *section = make_section();
    cors_slice_t rest = text;
    cors_slice_t word;
    cors_methods_t methods = 1;
    cors_methods_group_t *groups;

    while (cors_argument_next(&rest, &word)) {
        add_word(section, CORS_ATTR_HEADERS, methods, word);
        methods += 2;
    }
    sum += (apr_size_t)cors_section_groups(pool, section, &groups);
    use_policy(section, CORS_ATTR_HEADERS, text.ptr);
}

/* --- explanations and advice */

static const cors_policy_t *small_policy(void)
{
    cors_section_t *section = make_section();
    cors_policy_t *policy = apr_palloc(pool, sizeof(*policy));

    add_words(section, CORS_ATTR_ORIGINS,
              cors_slice("https://app.example.com https://*.example.org"));
    add_words(section, CORS_ATTR_HEADERS, cors_slice("x-a x-b"));
    cors_policy_resolve(pool, section, cors_methods_bit(0), policy);
    return policy;
}

static void explain_origin(cors_slice_t text)
{
    explain_request(small_policy(), text.ptr, "PUT", "x-a");
}

static void explain_method(cors_slice_t text)
{
    explain_request(small_policy(), "https://app.example.com", text.ptr, "x-a");
}

static void explain_headers(cors_slice_t text)
{
    explain_request(small_policy(), "https://app.example.com", "PUT", text.ptr);
}

static void decide_preflight(cors_slice_t text)
{
    cors_facts_t facts;
    cors_decision_t decision;

    memset(&facts, 0, sizeof(facts));
    facts.origin = cors_slice("https://app.example.com");
    facts.options = true;
    facts.request_method = cors_slice("PUT");
    facts.request_headers = text;
    cors_decide(small_policy(), &facts, &decision);
    sum += (apr_size_t)decision.verdict;
}

/* --- a response */

static void add_vary(cors_slice_t text)
{
    apr_table_t *headers = apr_table_make(pool, 4);
    apr_table_t *errors = apr_table_make(pool, 4);

    apr_table_setn(headers, "Vary", text.ptr);
    cors_vary_add(pool, "Origin", headers, errors);
    sum += apr_table_get(headers, "Vary") != NULL;
}

/* Each entry in its own header: Vary, or one with the prefix of the module's names. */
static void emit_response(cors_slice_t text)
{
    apr_table_t *headers = apr_table_make(pool, 4);
    apr_table_t *errors = apr_table_make(pool, 4);
    const cors_policy_t *policy = small_policy();
    cors_facts_t facts;
    cors_decision_t decision;
    cors_slice_t word;

    memset(&facts, 0, sizeof(facts));
    facts.origin = cors_slice("https://app.example.com");
    cors_decide(policy, &facts, &decision);
    while (cors_argument_next(&text, &word)) {
        const char *value = cors_slice_text(pool, word);

        apr_table_addn(headers, "Vary", value);
        apr_table_addn(headers,
                       apr_pstrcat(pool, "Access-Control-Allow-", value, NULL),
                       value);
    }
    cors_emit(pool, policy, &decision, CORS_RESPONSE_ACTUAL, headers, errors);
    sum += (apr_size_t)apr_table_elts(headers)->nelts;
}

/* --- functions and their inputs */

typedef struct {
    const char *name;
    run_fn run;
} entry_t;

static const entry_t word_entries[] = {
    { "pattern", parse_pattern },
    { "CorsAllowOrigins", add_origin },
    { "CorsAllowOrigins +", edit_origin },
    { "CorsAllowOrigins !", exclude_origin },
    { "CorsAllowMethods", add_method },
    { "CorsAllowHeaders", add_header },
    { "CorsAllowHeaders -", edit_header },
    { "CorsAllowHeaders !", exclude_header },
    { "CorsExposeHeaders", add_exposed },
    { "host", check_host },
    { "suffix", look_up_suffix },
    { "Origin", parse_origin },
    { "JSON", write_json },
    { "line of a file", read_file },
    { "refusal", record_refusal },
    { "explain: origin", explain_origin },
    { "explain: method", explain_method },
    { "explain: headers", explain_headers },
    { "preflight", decide_preflight },
    { "Vary", add_vary },
};

static const entry_t list_entries[] = {
    { "list of CorsAllowOrigins", use_origins },
    { "list of CorsAllowMethods", use_methods },
    { "list of CorsAllowHeaders", use_headers },
    { "list of CorsExposeHeaders", use_exposed },
    { "list of <Limit>", use_limits },
    { "list in Vary", add_vary },
    { "list of fields", emit_response },
    { "list in a preflight", decide_preflight },
    { "list in explain", explain_headers },
};

/* Bytes that are separators in some syntax, alone and in pairs. */
static const char *const units[] = {
    "[",
    "]",
    ":",
    "/",
    ".",
    "*",
    "?",
    "#",
    "@",
    "%",
    ",",
    ";",
    "|",
    "!",
    "+",
    "-",
    "{",
    "}",
    "(",
    ")",
    "\\",
    "\"",
    "'",
    " ",
    "\t",
    "&",
    "=",
    "<",
    "$",
    "^",
    "~",
    "_",
    "0",
    "1",
    "a",
    "A",
    "\xc3\xa9",
    "\xff",
    "\x01",
    "[]",
    "[:",
    "[-",
    "[^",
    "]:",
    "a.",
    "1.",
    "0x",
    "*.",
    ".*",
    "://",
    "a://",
    "|a",
    "a|",
    "|://",
    ",://",
    ";a://b",
    "@:",
    ":1",
    "::",
    "f:",
    "/:",
    "//",
    "/?",
    "?:",
    "?.",
    "?://",
    "\\.",
    "\\/",
    "xn--",
    "xn--a.",
    "xn--mnchen-3ya.",
    "\xc3\xa9.",
    "A.",
    ", ",
    ",a",
    ";a",
    "| ",
    "!a",
    "+a",
    "(?",
    "[a-z]",
    "{1,}",
    "\r",
    "\n",
    "a\n",
    "a ",
    "a#",
    " #",
    "!!",
    "null",
    "None ",
    "*,",
};

static const char *const beginnings[] = {
    "", "x", "a://", "https://", "https://[", "//", "https://a:", "https://*.",
};

static const char *const endings[] = { "", "]", "$", ".com", "/", "://a", ":" };

/* Forms of list entries, with or without a number. */
static const char *const forms[] = {
    "x-%d",
    "x",
    "+x-%d",
    "-x-%d",
    "+x",
    "-x",
    "X%dx",
    "content-type",
    "+authorization",
    "https://h%d.example.com",
    "+https://h%d.example.com",
    "-https://h%d.example.com",
    "!https://h%d.example.com",
    "https://*.h%d.example.com",
    "!https://*.h%d.example.com",
    "https://*.example.com:%d",
    "!https://*.example.com:%d",
    "-https://*.example.com:%d",
    "https://a%d:*",
    "http://h%d.example.com",
    "s%d://*.example.com",
    "https://h%d.com/x",
    "h%d",
    "Access-Control-Allow-%d",
    "[%d",
    "\xc3\xa9%d",
    "%d;x",
};

/* Repeats whole units: an incomplete character would be rejected at once. */
static char *repeat_to_size(apr_size_t size, const char *beginning,
                            const char *unit, const char *ending)
{
    const apr_size_t len = strlen(unit);
    apr_size_t left = (size - strlen(beginning)) / len;
    char *text = apr_palloc(pool, size + strlen(ending) + 1);
    char *to = text + strlen(beginning);

    memcpy(text, beginning, strlen(beginning));
    for (; left > 0; left--) {
        memcpy(to, unit, len);
        to += len;
    }
    strcpy(to, ending);
    return text;
}

/* A list of count entries. */
static char *numbered_list(apr_size_t count, const char *form)
{
    cors_joined_t list = { NULL, 0, 0 };
    apr_size_t i;

    for (i = 0; i < count; i++) {
        char *word = apr_pstrdup(pool, form);
        char *number = strstr(word, "%d");

        if (number) {
            *number = '\0';
            word = apr_psprintf(pool, "%s%d%s", word, (int)i + 1, number + 2);
        }
        cors_join(pool, &list, ", ", cors_slice(word));
    }
    return (char *)(apr_uintptr_t)list.text;
}

/* A list of entries that collide in an apr_hash_t (equal length, and equal sum of
 * bytes times powers of 33), or that differ only in case. */
static char *list_of_collisions(apr_size_t count, const char *head,
                                const char *one, const char *other)
{
    cors_joined_t list = { NULL, 0, 0 };
    apr_size_t i;
    int bit;

    for (i = 0; i < count; i++) {
        cors_join(pool, &list, ", ", cors_slice(head));
        for (bit = 0; bit < 16; bit++) {
            cors_join(pool, &list, "", cors_slice(i >> bit & 1 ? one : other));
        }
    }
    return (char *)(apr_uintptr_t)list.text;
}

static const char *const twins[][3] = {
    { "https://", "ar", "c0" },
    { "!https://", "ar", "c0" },
    { "https://*.", "ar", "c0" },
    { "x-", "ar", "c0" },
    { "-x-", "ar", "c0" },
    { "+x-", "ar", "c0" },
    { "x", "a", "A" },
    { "-x", "a", "A" },
    { "x", "^", "~" },
};

static const char *printable_text(const char *text)
{
    char *shown = apr_pcalloc(pool, 4 * strlen(text) + 1);

    for (; *text; text++) {
        apr_snprintf(shown + strlen(shown), 5,
                     (unsigned char)*text < '!' || (unsigned char)*text > '~'
                         ? "\\x%02x"
                         : "%c",
                     (unsigned char)*text);
    }
    return shown;
}

static bool prints_time;

/* Run once, counted by callgrind; returns the time. */
static double run_once(const entry_t *entry, const char *text)
{
    /* of exact length, so that valgrind sees a read beyond it */
    cors_slice_t slice = cors_slice(apr_pstrdup(pool, text));
    clock_t began = clock();

    CALLGRIND_TOGGLE_COLLECT;
    entry->run(slice);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS;
    return (double)(clock() - began) / CLOCKS_PER_SEC;
}

static void run_both(const entry_t *entry, const char *label, const char *one,
                     const char *two)
{
    double before = run_once(entry, one);
    double after = run_once(entry, two);

    if (!prints_time) {
        printf("%s\t%s\n", entry->name, label);
    }
    else if (after > 0.02 && after > 2.6 * before) {
        printf("%8.3f s %5.1f\t%s\t%s\n", after, after / (before + 1e-6),
               entry->name, label);
    }
    fflush(stdout);
}

static void run_words(const entry_t *entry, bool all)
{
    apr_size_t size = prints_time ? TIMES_LONGER * WORD_SIZE : WORD_SIZE;
    apr_size_t i;
    apr_size_t j;
    apr_size_t k;

    for (i = 0; i < COUNT(units); i++) {
        for (j = 0; j < COUNT(beginnings); j++) {
            for (k = 0; k < COUNT(endings); k++) {
                /* all combinations take an hour under callgrind */
                if (!all && (i + j + k) % 7 != 0) {
                    continue;
                }
                apr_pool_clear(pool);
                run_both(entry,
                         apr_pstrcat(pool, printable_text(beginnings[j]), " ",
                                     printable_text(units[i]), " ",
                                     printable_text(endings[k]), NULL),
                         repeat_to_size(size, beginnings[j], units[i],
                                        endings[k]),
                         repeat_to_size(2 * size, beginnings[j], units[i],
                                        endings[k]));
            }
        }
    }
}

static void run_lists(const entry_t *entry)
{
    apr_size_t size = prints_time ? TIMES_LONGER * LIST_SIZE : LIST_SIZE;
    apr_size_t i;

    for (i = 0; i < COUNT(forms); i++) {
        apr_pool_clear(pool);
        run_both(entry, printable_text(forms[i]), numbered_list(size, forms[i]),
                 numbered_list(2 * size, forms[i]));
    }
    for (i = 0; i < COUNT(twins); i++) {
        const char *const *twin = twins[i];

        apr_pool_clear(pool);
        run_both(entry,
                 apr_pstrcat(pool, twin[0], " ", twin[1], " ", twin[2], NULL),
                 list_of_collisions(size, twin[0], twin[1], twin[2]),
                 list_of_collisions(2 * size, twin[0], twin[1], twin[2]));
    }
}

int main(int argc, char **argv)
{
    apr_pool_t *all;
    apr_size_t i;

    apr_initialize();
    apr_pool_create(&all, NULL);
    apr_pool_create(&pool, all);
    prints_time = argc > 1 && strcmp(argv[1], "time") == 0;
    for (i = 0; i < COUNT(word_entries); i++) {
        if (argc < 3 || strcmp(argv[2], word_entries[i].name) == 0) {
            run_words(&word_entries[i], prints_time);
        }
    }
    for (i = 0; i < COUNT(list_entries); i++) {
        if (argc < 3 || strcmp(argv[2], list_entries[i].name) == 0) {
            run_lists(&list_entries[i]);
        }
    }
    apr_terminate();
    return sum == 0;
}
