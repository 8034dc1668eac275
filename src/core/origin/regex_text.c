/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Parses the text of a regular expression as PCRE does and builds a tree, so that
 * start-up can decide what it matches instead of trying names. It is a separate file
 * because it handles only PCRE's syntax, not origins. One exception is the trick: a set
 * contains only bytes that an origin can have. It therefore fits into 64 bits, and
 * control characters, upper case and line ends need no special care. The parser makes
 * no decision. If it is not certain what PCRE would do, it gives up and reports the
 * obstacle; it never guesses.
 */

#include "core/origin/regex_text.h"

#include <string.h>

#include <apr_lib.h>

#include "core/base/list.h"

typedef cors_regex_node_t node_t;

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define PUNCTUATION "-._!$&'()*+,;=~:/[]"

/* PCRE itself allows 250. */
#define DEPTH_MAX 100

/* PCRE's limit for the counts of a quantifier. */
#define REPEAT_MAX 65535

/* No byte, where one is expected. */
#define NO_BYTE (-1)

/* The options that a group may switch on. */
typedef struct {
    bool caseless; /* (?i) */
    bool extended; /* (?x) */
} options_t;

typedef struct {
    apr_pool_t *p;
    const char *start;
    const char *at;
    cors_regex_text_t *read;
    int depth;
} reader_t;

cors_symbols_t cors_symbol(char byte)
{
    const char *place = byte ? strchr(CORS_SYMBOLS, byte) : NULL;

    return place ? (cors_symbols_t)1 << (place - CORS_SYMBOLS) : 0;
}

cors_symbols_t cors_symbols(const char *bytes)
{
    cors_symbols_t set = 0;

    for (; *bytes; bytes++) {
        set |= cors_symbol(*bytes);
    }
    return set;
}

/* Returns the symbols that are not in a set. */
static cors_symbols_t all_but(cors_symbols_t set)
{
    return cors_symbols(CORS_SYMBOLS) & ~set;
}

/* Give up; only the first obstacle is recorded. */
static node_t *fail(reader_t *reader, const char *obstacle)
{
    if (!reader->read->obstacle) {
        reader->read->obstacle = obstacle;
        reader->read->at = (apr_size_t)(reader->at - reader->start);
    }
    return NULL;
}

static bool failed(const reader_t *reader)
{
    return reader->read->obstacle != NULL;
}

static node_t *make_node(const reader_t *reader, cors_regex_kind_e kind)
{
    node_t *node = apr_pcalloc(reader->p, sizeof(*node));

    node->kind = kind;
    return node;
}

static void append(node_t *parent, node_t *child)
{
    child->before = parent->last;
    parent->last = child;
}

static node_t *make_set(const reader_t *reader, cors_symbols_t set)
{
    node_t *node = make_node(reader, CORS_REGEX_SET);

    node->set = set;
    return node;
}

/* Returns the symbols that match a byte; an upper-case letter only if case is ignored. */
static cors_symbols_t match_byte(int byte, options_t options)
{
    return cors_symbol(options.caseless ? cors_lower((char)byte) : (char)byte);
}

/* Add the symbols of "\d", "\s", "\w", "\h" or "\v"; an upper-case letter negates the
 * set. No origin contains a byte of "\s", "\h" and "\v". Returns false for any other
 * letter. */
static bool add_type(cors_symbols_t *set, char letter)
{
    cors_symbols_t type;

    switch (cors_lower(letter)) {
    case 'd':
        type = cors_symbols(DIGITS);
        break;
    case 'w':
        type = cors_symbols(LETTERS DIGITS "_");
        break;
    case 's':
    case 'h':
    case 'v':
        type = 0;
        break;
    default:
        return false;
    }
    *set |= cors_lower(letter) == letter ? type : all_but(type);
    return true;
}

/* Parse a number of at most `most` digits. Returns the number of digits. */
static int take_digits(const char *at, int base, int most, int *value)
{
    int count = 0;

    for (*value = 0; count < most; count++) {
        int digit = cors_digit(at[count]);

        if (digit >= base) {
            break;
        }
        *value = *value * base + digit;
    }
    return count;
}

/* Parse the code in "\x41", "\x{41}" or "\o{101}", after the letter. Returns the byte,
 * or NO_BYTE if the code is invalid. */
static int take_coded(reader_t *reader, int base)
{
    int value;
    int count;

    if (*reader->at == '{') {
        count = take_digits(reader->at + 1, base, 8, &value);
        if (count == 0 || reader->at[1 + count] != '}') {
            return NO_BYTE;
        }
        reader->at += count + 2;
        return value < 256 ? value : NO_BYTE;
    }
    if (base != 16) {
        return NO_BYTE;
    }
    reader->at += take_digits(reader->at, base, 2, &value);
    return value;
}

/* Parse an escape that stands for one byte, in a class or outside, from its letter on.
 * Returns the byte, or NO_BYTE for any other escape. */
static int take_escaped_byte(reader_t *reader)
{
    static const char letters[] = "aefnrt";
    static const char values[] = "\a\033\f\n\r\t";
    char c = *reader->at;
    const char *letter = c ? strchr(letters, c) : NULL;
    int value;

    if (letter) {
        reader->at++;
        return values[letter - letters];
    }
    if (c == '0') {
        reader->at += take_digits(reader->at, 8, 3, &value);
        return value;
    }
    if (c == 'x' || c == 'o') {
        reader->at++;
        return take_coded(reader, c == 'x' ? 16 : 8);
    }
    if (c == 'c') {
        value = (unsigned char)reader->at[1];
        if (value <= ' ' || value >= 127) {
            return NO_BYTE;
        }
        reader->at += 2;
        return (value >= 'a' && value <= 'z' ? value - 'a' + 'A' : value) ^ 64;
    }
    if (!c || apr_isalnum(c)) {
        return NO_BYTE;
    }
    reader->at++;
    return (unsigned char)c;
}

/* Returns the name of an unsupported escape, given the text after its backslash. */
static const char *name_escape(const char *at)
{
    if (!*at) {
        return "a backslash at the end";
    }
    if (apr_isdigit(*at)) {
        return "a back-reference";
    }
    if (strchr("gk", *at)) {
        return "a back-reference or a call";
    }
    if (*at == 'K') {
        return "\\K";
    }
    if (strchr("pPX", *at)) {
        return "a Unicode property";
    }
    return "an escape";
}

static node_t *read_escape(reader_t *reader, options_t options)
{
    static const struct {
        char letter;
        cors_regex_kind_e kind;
    } assertions[] = {
        { 'A', CORS_REGEX_START },    { 'G', CORS_REGEX_START },
        { 'z', CORS_REGEX_END },      { 'Z', CORS_REGEX_END },
        { 'b', CORS_REGEX_BOUNDARY }, { 'B', CORS_REGEX_NO_BOUNDARY }
    };
    const char *letter = ++reader->at;
    cors_symbols_t set = 0;
    apr_size_t i;
    int byte;

    for (i = 0; i < sizeof(assertions) / sizeof(assertions[0]); i++) {
        if (*letter == assertions[i].letter) {
            reader->at++;
            reader->read->assertions = true;
            return make_node(reader, assertions[i].kind);
        }
    }
    if (add_type(&set, *letter)
        /* "\R" is a line end, which no origin contains: the set is empty */
        || *letter == 'R') {
        reader->at++;
        return make_set(reader, set);
    }
    if ((*letter == 'N' && letter[1] != '{') || *letter == 'C') {
        reader->at++;
        return make_set(reader, all_but(0));
    }
    byte = take_escaped_byte(reader);
    if (byte == NO_BYTE) {
        reader->at = letter - 1;
        return fail(reader, name_escape(letter));
    }
    return make_set(reader, match_byte(byte, options));
}

/* Parse "[:name:]" or "[:^name:]". Returns false for anything else. */
static bool take_posix(reader_t *reader, cors_symbols_t *set, options_t options)
{
    static const struct {
        const char *name;
        const char *has;
    } classes[] = { { "alpha", LETTERS },
                    { "lower", LETTERS },
                    { "upper", "" },
                    { "alnum", LETTERS DIGITS },
                    { "ascii", CORS_SYMBOLS },
                    { "blank", "" },
                    { "cntrl", "" },
                    { "digit", DIGITS },
                    { "graph", CORS_SYMBOLS },
                    { "print", CORS_SYMBOLS },
                    { "punct", PUNCTUATION },
                    { "space", "" },
                    { "word", LETTERS DIGITS "_" },
                    { "xdigit", DIGITS "abcdef" } };
    bool other = reader->at[2] == '^';
    const char *name = reader->at + 2 + (other ? 1 : 0);
    apr_size_t i;

    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        apr_size_t len = strlen(classes[i].name);

        if (strncmp(name, classes[i].name, len) == 0
            && strncmp(name + len, ":]", 2) == 0) {
            cors_symbols_t has = cors_symbols(classes[i].has);

            /* If case is ignored, "upper" means "alpha". */
            if (options.caseless && *name == 'u') {
                has = cors_symbols(LETTERS);
            }
            *set |= other ? all_but(has) : has;
            reader->at = name + len + 2;
            return true;
        }
    }
    return false;
}

/* Parse one byte of a class. Returns NO_BYTE if no byte follows. */
static int take_class_byte(reader_t *reader)
{
    const char *at = reader->at;
    int value;

    if (*at != '\\') {
        reader->at++;
        return (unsigned char)*at;
    }
    reader->at++;
    if (at[1] == 'b') {
        reader->at++;
        return '\b';
    }
    if (at[1] >= '1' && at[1] <= '7') {
        reader->at += take_digits(reader->at, 8, 3, &value);
        return value < 256 ? value : NO_BYTE;
    }
    return take_escaped_byte(reader);
}

/* Parse one byte or range of a class. Returns false if it is not supported. */
static bool take_range(reader_t *reader, cors_symbols_t *set, options_t options)
{
    int from = take_class_byte(reader);
    int to = from;

    if (from != NO_BYTE && reader->at[0] == '-' && reader->at[1]
        && reader->at[1] != ']') {
        reader->at++;
        if (reader->at[0] == '[' && strchr(":.=", reader->at[1])) {
            return false;
        }
        to = take_class_byte(reader);
    }
    if (from == NO_BYTE || to < from) {
        return false;
    }
    for (; from <= to; from++) {
        *set |= match_byte(from, options);
    }
    return true;
}

/* Parse one element of a class. Returns false if it is not supported. */
static bool take_class_part(reader_t *reader, cors_symbols_t *set,
                            options_t options)
{
    const char *at = reader->at;
    bool named = at[0] == '[' && at[1] && strchr(":.=", at[1]);

    if (named ? !take_posix(reader, set, options)
              : at[0] != '\\' || !add_type(set, at[1])) {
        return !named && take_range(reader, set, options);
    }
    reader->at += named ? 0 : 2;
    /* PCRE versions differ in how they interpret such a range. */
    return reader->at[0] != '-' || reader->at[1] == ']';
}

/* Parse a class, starting at its "[". */
static node_t *read_class(reader_t *reader, options_t options)
{
    const char *start = reader->at;
    bool other = start[1] == '^';
    cors_symbols_t set = 0;

    reader->at += other ? 2 : 1;
    do {
        if (!*reader->at || !take_class_part(reader, &set, options)) {
            reader->at = start;
            return fail(reader, "a character class");
        }
        /* A "]" at the start is a byte of the class. */
    } while (*reader->at != ']');
    reader->at++;
    return make_set(reader, other ? all_but(set) : set);
}

/* Skip what matches nothing: spaces and comments under (?x), "(?#...)", "\E". */
static void skip_nothing(reader_t *reader, options_t options)
{
    for (;;) {
        const char *at = reader->at;

        if (strncmp(at, "\\E", 2) == 0) {
            reader->at += 2;
        }
        else if (strncmp(at, "\\Q\\E", 4) == 0) {
            reader->at += 4;
        }
        else if (strncmp(at, "(?#", 3) == 0) {
            reader->at += strcspn(at, ")");
            if (!*reader->at) {
                fail(reader, "a comment");
                return;
            }
            reader->at++;
        }
        else if (options.extended && *at && strchr(" \t\n\v\f\r", *at)) {
            reader->at++;
        }
        else if (options.extended && *at == '#') {
            reader->at += strcspn(at, "\n\r\v\f\x85");
            /* PCRE's build options decide which of them ends a comment. */
            if (*reader->at && *reader->at != '\n') {
                fail(reader, "a comment");
                return;
            }
        }
        else {
            return;
        }
    }
}

/* Returns the name of an unsupported group, given the text after its "(?". */
static const char *name_group(const char *at)
{
    if (*at == '=' || *at == '!' || *at == '*') {
        return "look-ahead";
    }
    if (*at == '<') {
        return "look-behind";
    }
    if (*at == '(') {
        return "a condition";
    }
    if (*at == 'C') {
        return "a callout";
    }
    if (strncmp(at, "P=", 2) == 0) {
        return "a back-reference";
    }
    if (*at && strchr("R&P+-0123456789", *at)) {
        return "recursion";
    }
    return "a group";
}

/* Parse the options of "(?i-x)" or "(?i-x:", up to the ")" or ":". Returns false if one
 * is not supported. */
static bool take_options(reader_t *reader, options_t *options)
{
    bool on = true;

    if (*reader->at == '^') {
        memset(options, 0, sizeof(*options));
        reader->at++;
    }
    for (; *reader->at != ')' && *reader->at != ':'; reader->at++) {
        switch (*reader->at) {
        case '-':
            if (!on) {
                return false;
            }
            on = false;
            break;
        case 'i':
            options->caseless = on;
            break;
        case 'x':
            if (reader->at[1] == 'x') {
                return false;
            }
            options->extended = on;
            break;
        case 'm':
        case 's':
        case 'n':
        case 'J':
        case 'U':
            break; /* no effect on origins */
        default:
            return false;
        }
    }
    return true;
}

static node_t *read_choice(reader_t *reader, options_t options);

/* Parse the contents of a group and its ")". */
static node_t *read_inside(reader_t *reader, options_t options)
{
    const char *start = reader->at;
    node_t *node;

    if (reader->depth >= DEPTH_MAX) {
        return fail(reader, "too many groups in one another");
    }
    reader->depth++;
    node = read_choice(reader, options);
    reader->depth--;
    if (failed(reader)) {
        return NULL;
    }
    if (*reader->at != ')') {
        reader->at = start;
        return fail(reader, "a group without an end");
    }
    reader->at++;
    return node;
}

/* Parse the name in "(?<name>", "(?'name'" or "(?P<name>", after its "(?". Returns
 * false for anything else. */
static bool take_name(reader_t *reader)
{
    const char *at = reader->at;
    apr_size_t len;

    at += at[0] == 'P' && at[1] == '<' ? 1 : 0;
    if (*at != '<' && *at != '\'') {
        return false;
    }
    for (len = 1; apr_isalnum(at[len]) || at[len] == '_'; len++) {
    }
    if (len == 1 || at[len] != (*at == '<' ? '>' : '\'')) {
        return false;
    }
    reader->at = at + len + 1;
    return true;
}

/* Parse a group, starting at its "(". A group that only sets options, "(?i)", becomes
 * an empty sequence. */
static node_t *read_group(reader_t *reader, options_t *options)
{
    const char *start = reader->at;
    options_t inside = *options;

    if (start[1] == '*') {
        return fail(reader, "a verb");
    }
    reader->at++;
    if (start[1] != '?') {
        return read_inside(reader, inside);
    }
    reader->at++;
    if (start[2] == '|' || start[2] == '>') {
        reader->read->exact = reader->read->exact && start[2] == '|';
        reader->at++;
        return read_inside(reader, inside);
    }
    if (take_name(reader)) {
        return read_inside(reader, inside);
    }
    if (!take_options(reader, &inside)) {
        reader->at = start;
        return fail(reader, name_group(start + 2));
    }
    if (*reader->at++ == ':') {
        return read_inside(reader, inside);
    }
    *options = inside;
    return make_node(reader, CORS_REGEX_SEQUENCE);
}

/* How PCRE interprets a "{". */
typedef enum {
    BRACE_COUNT,
    BRACE_LITERAL,
    BRACE_UNCLEAR
} brace_e;

static brace_e take_count(const char **at, int *min, int *max)
{
    const char *c = *at + 1;
    int digits = take_digits(c, 10, 6, min);
    apr_size_t loose = strspn(c, "0123456789, \t");
    apr_size_t first = strspn(c, ", \t");

    if (c[loose] != '}' || first == loose) {
        return BRACE_LITERAL;
    }
    *max = *min;
    c += digits;
    if (*c == ',') {
        int more = take_digits(++c, 10, 6, max);

        *max = more ? *max : CORS_REGEX_FOREVER;
        c += more;
    }
    /* Depending on the version, "{,3}" and spaces are literal or a count. */
    if (digits == 0 || *c != '}') {
        return BRACE_UNCLEAR;
    }
    *at = c + 1;
    return BRACE_COUNT;
}

/* Parse the quantifier at this position. Returns false if it is not supported. */
static bool take_quantifier(reader_t *reader, int *min, int *max)
{
    const char *at = reader->at;

    if (*at != '{') {
        *min = *at == '+' ? 1 : 0;
        *max = *at == '?' ? 1 : CORS_REGEX_FOREVER;
        reader->at++;
        return true;
    }
    if (take_count(&at, min, max) == BRACE_UNCLEAR) {
        return false;
    }
    reader->at = at;
    return *min <= REPEAT_MAX && *max <= REPEAT_MAX
           && (*max == CORS_REGEX_FOREVER || *min <= *max);
}

static bool starts_quantifier(const char *at)
{
    int unused;

    return (*at && strchr("*+?", *at))
           || (*at == '{'
               && take_count(&at, &unused, &unused) != BRACE_LITERAL);
}

/* Returns a node with the quantifier that follows it, or the node itself. */
static node_t *repeat(reader_t *reader, options_t options, node_t *node)
{
    node_t *repeated;
    const char *start;
    int min;
    int max;

    skip_nothing(reader, options);
    start = reader->at;
    if (failed(reader) || !starts_quantifier(start)) {
        return failed(reader) ? NULL : node;
    }
    if (node->kind >= CORS_REGEX_START
        || !take_quantifier(reader, &min, &max)) {
        return fail(reader, "a quantifier");
    }
    if (*reader->at == '?' || *reader->at == '+') {
        reader->read->exact = reader->read->exact && *reader->at == '?';
        reader->at++;
    }
    skip_nothing(reader, options);
    if (starts_quantifier(reader->at)) {
        return fail(reader, "a quantifier of a quantifier");
    }
    repeated = make_node(reader, CORS_REGEX_REPEAT);
    repeated->min = min;
    repeated->max = max;
    append(repeated, node);
    return repeated;
}

/* Parse "\Q...\E": literal bytes. A quantifier applies to the last of them. */
static void read_quoted(reader_t *reader, options_t options, node_t *sequence)
{
    node_t *node = NULL;

    for (reader->at += 2; *reader->at && strncmp(reader->at, "\\E", 2) != 0;
         reader->at++) {
        if (node) {
            append(sequence, node);
        }
        node = make_set(reader, match_byte(*reader->at, options));
    }
    node = node ? repeat(reader, options, node) : NULL;
    if (node) {
        append(sequence, node);
    }
}

/* Parse one item without its quantifier. */
static node_t *read_atom(reader_t *reader, options_t *options)
{
    char c = *reader->at;

    switch (c) {
    case '\\':
        return read_escape(reader, *options);
    case '[':
        return read_class(reader, *options);
    case '(':
        return read_group(reader, options);
    case '^':
    case '$':
        reader->at++;
        reader->read->assertions = true;
        return make_node(reader, c == '^' ? CORS_REGEX_START : CORS_REGEX_END);
    case '.':
        reader->at++;
        return make_set(reader, all_but(0));
    default:
        if (starts_quantifier(reader->at)) {
            return fail(reader, "a quantifier of nothing");
        }
        reader->at++;
        return make_set(reader, match_byte(c, *options));
    }
}

static node_t *read_sequence(reader_t *reader, options_t *options)
{
    node_t *sequence = make_node(reader, CORS_REGEX_SEQUENCE);

    for (;;) {
        node_t *node;

        skip_nothing(reader, *options);
        /* also at the end of the text */
        if (strchr("|)", *reader->at)) {
            return sequence;
        }
        if (strncmp(reader->at, "\\Q", 2) == 0) {
            read_quoted(reader, *options, sequence);
            continue;
        }
        node = read_atom(reader, options);
        node = node ? repeat(reader, *options, node) : NULL;
        if (!node) {
            return NULL;
        }
        append(sequence, node);
    }
}

static node_t *read_choice(reader_t *reader, options_t options)
{
    node_t *choice = make_node(reader, CORS_REGEX_CHOICE);

    for (;;) {
        node_t *sequence = read_sequence(reader, &options);

        if (failed(reader)) {
            return NULL;
        }
        append(choice, sequence);
        if (*reader->at != '|') {
            return choice;
        }
        reader->at++;
    }
}

void cors_regex_read(apr_pool_t *p, const char *text, cors_regex_text_t *read)
{
    reader_t reader = { p, text, text, read, 0 };
    const options_t options = { false, false };
    node_t *root;

    memset(read, 0, sizeof(*read));
    read->exact = true;
    root = read_choice(&reader, options);
    if (!failed(&reader) && *reader.at) {
        fail(&reader, "a parenthesis too many");
    }
    read->root = failed(&reader) ? NULL : root;
}
