/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Writes JSON and parses it again by RFC 8259: it must be a single value with the
 * same strings, and have no byte that could end a script in a page. Each line of the
 * input is a piece of the value; its first byte selects the kind. */

#include "fuzz.h"

#include "core/base/json.h"

#define STACK (CORS_JSON_DEPTH - 2)

typedef struct {
    apr_array_header_t *bytes; /* char */
    apr_array_header_t *texts; /* const char *, in order */
    int read;                  /* number of strings parsed again */
} output_t;

static void append_output(void *context, const char *text, apr_size_t len)
{
    output_t *out = context;

    for (; len > 0; len--) {
        APR_ARRAY_PUSH(out->bytes, char) = *text++;
    }
}

/* The UTF-8 of a character. */
static const char *encode_utf8(unsigned c)
{
    return c < 0x80      ? apr_psprintf(pool, "%c", (int)c)
           : c < 0x800   ? apr_psprintf(pool, "%c%c", (int)(0xc0 | c >> 6),
                                        (int)(0x80 | (c & 63)))
           : c < 0x10000 ? apr_psprintf(pool, "%c%c%c", (int)(0xe0 | c >> 12),
                                        (int)(0x80 | (c >> 6 & 63)),
                                        (int)(0x80 | (c & 63)))
                         : apr_psprintf(pool, "%c%c%c%c", (int)(0xf0 | c >> 18),
                                        (int)(0x80 | (c >> 12 & 63)),
                                        (int)(0x80 | (c >> 6 & 63)),
                                        (int)(0x80 | (c & 63)));
}

/* Get the character at p and its length. Returns false for invalid UTF-8. */
static bool decode_utf8(const unsigned char *p, unsigned *c, int *len)
{
    static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    int i;

    *len = *p < 0x80         ? 1
           : (*p >> 5) == 6  ? 2
           : (*p >> 4) == 14 ? 3
           : (*p >> 3) == 30 ? 4
                             : 0;
    if (*len == 0) {
        return false;
    }
    *c = *len == 1 ? *p : *p & (0x7fu >> *len);
    for (i = 1; i < *len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return false;
        }
        *c = *c << 6 | (p[i] & 63);
    }
    return *c >= least[*len] && *c < 0x110000 && (*c < 0xd800 || *c > 0xdfff);
}

/* The text as it must be parsed again: U+FFFD replaces each invalid byte. */
static const char *repaired_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    const char *to = "";
    unsigned c;
    int len;

    while (*p) {
        bool good = decode_utf8(p, &c, &len);

        to = apr_pstrcat(pool, to, encode_utf8(good ? c : 0xfffd), NULL);
        p += good ? len : 1;
    }
    return to;
}

/* The parser. Each function advances *p past what it has parsed. */

static void skip_space(const char **p)
{
    *p += strspn(*p, " \n");
}

static void read_string(const char **p, output_t *out)
{
    const char *text = "";
    unsigned c;
    int len;

    must(*(*p)++ == '"');
    while (**p != '"') {
        if (**p == '\\') {
            char digits[5];
            char *end;

            must((*p)[1] == 'u');
            apr_cpystrn(digits, *p + 2, sizeof(digits));
            c = (unsigned)strtoul(digits, &end, 16);
            must(end == digits + 4 && c > 0);
            *p += 6;
        }
        else {
            must(decode_utf8((const unsigned char *)*p, &c, &len));
            must(c >= ' ' && c != 0x7f && c != 0x2028 && c != 0x2029);
            must(c > 0x7f || !strchr("<>&'\"\\", (int)c));
            *p += len;
        }
        text = apr_pstrcat(pool, text, encode_utf8(c), NULL);
    }
    (*p)++;
    must(out->read < out->texts->nelts);
    must(strcmp(text, APR_ARRAY_IDX(out->texts, out->read++, const char *))
         == 0);
}

static void read_value(const char **p, output_t *out)
{
    static const char *const words[] = { "null", "true", "false" };
    char close = **p == '{' ? '}' : ']';
    size_t i;

    if (**p == '{' || **p == '[') {
        ++*p;
        skip_space(p);
        while (**p != close) {
            if (close == '}') {
                read_string(p, out);
                must(*(*p)++ == ':');
                skip_space(p);
            }
            read_value(p, out);
            skip_space(p);
            if (**p == ',') {
                ++*p;
                skip_space(p);
                must(**p != close);
            }
            else {
                must(**p == close);
            }
        }
        ++*p;
        return;
    }
    if (**p == '"') {
        read_string(p, out);
        return;
    }
    for (i = 0; i < 3; i++) {
        if (strncmp(*p, words[i], strlen(words[i])) == 0) {
            *p += strlen(words[i]);
            return;
        }
    }
    *p += **p == '-' ? 1 : 0;
    must(**p >= '0' && **p <= '9');
    must(**p != '0' || !((*p)[1] >= '0' && (*p)[1] <= '9'));
    *p += strspn(*p, "0123456789");
}

static const char *expect_string(output_t *out, const char *text)
{
    APR_ARRAY_PUSH(out->texts, const char *) = repaired_utf8(text);
    return text;
}

static void check(cors_slice_t input)
{
    const char *at = input.ptr;
    const char *end = at + input.len;
    output_t out = { apr_array_make(pool, 256, 1),
                     apr_array_make(pool, 8, sizeof(char *)), 0 };
    char stack[STACK + 1] = "[";
    int depth = 1;
    cors_json_t json;
    const char *read;

    cors_json_start(&json, append_output, &out);
    cors_json_open(&json, NULL, '[');
    while (at < end) {
        cors_slice_t line = next_line(&at, end);
        const char *piece = text_of(line);
        const char *text = *piece ? piece + 1 : piece;
        bool member = stack[depth - 1] == '{';
        const char *name = NULL;

        if (*piece == ')') {
            if (depth > 1) {
                depth--;
                cors_json_close(&json, stack[depth] == '{' ? '}' : ']');
            }
            continue;
        }
        if (member) {
            name = expect_string(&out, text);
        }
        if ((*piece == '{' || *piece == '[') && depth < STACK) {
            cors_json_open(&json, name, *piece);
            stack[depth++] = *piece;
        }
        else if (*piece == '0') {
            cors_json_number(&json, name, apr_atoi64(text));
        }
        else if (*piece == '?') {
            cors_json_bool(&json, name, *text == '1');
        }
        else {
            cors_json_string(&json, name,
                             *piece == '~' ? NULL : expect_string(&out, text));
        }
    }
    while (depth-- > 0) {
        cors_json_close(&json, stack[depth] == '{' ? '}' : ']');
    }
    APR_ARRAY_PUSH(out.bytes, char) = '\0';
    must(strlen(out.bytes->elts) == (size_t)out.bytes->nelts - 1);
    read = out.bytes->elts;
    read_value(&read, &out);
    must(strcmp(read, "\n") == 0);
    must(out.read == out.texts->nelts);
}
